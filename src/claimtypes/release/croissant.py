"""Croissant 1.1 metadata with responsible-AI texts: one record set a table and split.

Every file is an object of its own with its true hash: a set of files could carry none.
"""

from __future__ import annotations

import json
from typing import Any

from claimtypes.release.card import agreement_rows, content_stamp
from claimtypes.release.columns import Column, columns
from claimtypes.release.facts import Facts
from claimtypes.release.layout import table_path
from claimtypes.release.manifest import FileEntry, Manifest
from claimtypes.release.statements import contacts, make_statements

CROISSANT = "croissant.json"

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_DATA_TYPES = {
    "string": "sc:Text",
    "bool": "sc:Boolean",
    "int16": "cr:Int16",
    "int32": "cr:Int32",
    "int64": "cr:Int64",
    "float32": "cr:Float32",
    "date32": "sc:Date",
    "timestamp[ms, tz=UTC]": "sc:DateTime",
}
_RESPONSIBLE = {
    "rai:dataCollection": "collection",
    "rai:dataAnnotationProtocol": "annotation",
    "rai:annotatorDemographics": "annotators",
    "rai:personalSensitiveInformation": "personal_information",
    "rai:dataUseCases": "use_cases",
    "rai:dataLimitations": "limitations",
    "rai:dataBiases": "biases",
    "rai:dataSocialImpact": "social_impact",
    "rai:dataReleaseMaintenancePlan": "maintenance",
}


def _field(column: Column, record_set: str) -> dict[str, Any]:
    array = {"isArray": True, "arrayShape": str(column.length)} if column.many else {}
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": column.name,
        "description": column.meaning,
        "dataType": _DATA_TYPES[column.kind],
        **array,
        "source": {
            "fileObject": {"@id": f"file/{record_set}"},
            "extract": {"column": column.name},
        },
    }


def _enumeration(name: str, description: str, kind: str, rows: list[Any]) -> dict[str, Any]:
    """Return a record set whose rows are written into the metadata."""
    fields = [
        {"@type": "cr:Field", "@id": f"{name}/{key}", "name": key, "dataType": data_type}
        for key, data_type in (("id", "cr:Int64"), ("name", "sc:Text"), ("description", "sc:Text"))
        if key in rows[0]
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "dataType": kind,
        "key": {"@id": f"{name}/name"},
        "field": fields,
        "data": [{f"{name}/{key}": value for key, value in row.items()} for row in rows],
    }


def _enumerations(facts: Facts) -> list[dict[str, Any]]:
    splits = [{"name": split, "url": f"cr:{_split_kind(split)}"} for split in facts.splits]
    found = _enumeration("splits", "The splits.", "cr:Split", [{"name": s["name"]} for s in splits])
    found["field"].append(
        {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"}
    )
    found["data"] = [{f"splits/{k}": v for k, v in split.items()} for split in splits]
    labels = [
        {"id": i, "name": label.name, "description": label.definition}
        for i, label in enumerate(facts.schema.labels)
    ]
    return [found, _enumeration("labels", "The labels, in order of id.", "sc:Enumeration", labels)]


def _split_kind(split: str) -> str:
    return {"train": "TrainingSplit", "validation": "ValidationSplit"}.get(split, "TestSplit")


def agreement_text(facts: Facts) -> str:
    """Return the card's agreement figures as one sentence, to the same digits."""
    parts = []
    for name, value, low, high, reason, *_ in agreement_rows(facts):
        interval = f" [{low}, {high}]" if low else ""
        parts.append(f"{name} {value or 'not available'}{interval}" + f" ({reason})" * bool(reason))
    return "Krippendorff's alpha: " + ("; ".join(parts) or "no annotations") + "."


def _tables(
    facts: Facts, tables: dict[str, FileEntry]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a file and a record set for each split of each table."""
    files, record_sets = [], []
    for table, splits in facts.sizes.items():
        for split in splits:
            path, name = table_path(table, split), f"{table}/{split}"
            files.append(
                {
                    "@type": "cr:FileObject",
                    "@id": f"file/{name}",
                    "name": name,
                    "contentUrl": path,
                    "contentSize": f"{tables[path].bytes} B",
                    "encodingFormat": "application/x-parquet",
                    "sha256": tables[path].sha256,
                }
            )
            record_sets.append(
                {
                    "@type": "cr:RecordSet",
                    "@id": name,
                    "name": name,
                    "description": f"{table}, {split}: {tables[path].rows} rows.",
                    "field": [_field(c, name) for c in columns(table, facts.schema.names)],
                }
            )
    return files, record_sets


def render_croissant(
    facts: Facts, manifest: Manifest, tables: dict[str, FileEntry], dataset: dict[str, Any]
) -> str:
    """Return the text of ``croissant.json``."""
    said = make_statements(facts, dataset)
    files, record_sets = _tables(facts, tables)
    home = dataset.get("repository", "")
    values = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": dataset["name"],
        "description": f"{dataset['description']} {content_stamp(manifest)}",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "license": f"https://spdx.org/licenses/{dataset['licence']}.html",
        **({"url": home} if home else {}),
        **({"keywords": dataset["keywords"]} if dataset.get("keywords") else {}),
        "version": manifest.version,
        "datePublished": manifest.date,
        "citeAs": cite_as(manifest, dataset),
        "creator": [
            {"@type": "sc:Organization", "name": name}
            for name in dataset.get("authors") or contacts(dataset)
        ],
        "inLanguage": sorted(facts.documents["language"]),
        "isLiveDataset": False,
        **{key: said[name] for key, name in _RESPONSIBLE.items()},
        "rai:dataAnnotationAnalysis": agreement_text(facts),
        "rai:annotationsPerItem": str(_per_item(facts)),
        "distribution": files,
        "recordSet": [*_enumerations(facts), *record_sets],
    }
    return json.dumps(values, ensure_ascii=False, indent=2) + "\n"


def _per_item(facts: Facts) -> str:
    judged = facts.agreement.n_judged_sentences if facts.agreement else 0
    return f"{sum(facts.annotations.values()) / judged:.2f} on average" if judged else "none"


def cite_as(manifest: Manifest, dataset: dict[str, Any]) -> str:
    """Return a BibTeX entry."""
    authors = " and ".join(dataset.get("authors") or contacts(dataset))
    return (
        f"@misc{{{dataset['name']}-{manifest.version}, author = {{{authors}}}, "
        f"title = {{{dataset['title']}}}, version = {{{manifest.version}}}, "
        f"year = {{{manifest.date[:4]}}}}}"
    )
