"""Reports: a frozen schema, texts that stay home, markup that cannot break out, same bytes."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from claimtypes.models.evaluate import Evaluation
from claimtypes.models.highlights import _draw, displacy_input, render_article
from claimtypes.models.mistakes import ReadArticle, ReadSentence
from claimtypes.models.report import render_json, render_markdown, write_report
from claimtypes.models.report_page import evaluation_page
from claimtypes.models.report_schema import SCHEMA, render_schema

HOSTILE = "<script>alert('x')</script>\"&"


def test_the_schema_file_is_what_the_records_say() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == render_schema()


def test_a_report_is_valid_against_the_frozen_schema(evaluation: Evaluation) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors(json.loads(render_json(evaluation))))
    broken = json.loads(render_json(evaluation))
    broken["scores"]["macro_f1"]["value"] = "high"
    assert list(validator.iter_errors(broken))


def test_json_holds_no_text_of_withheld_documents(evaluation: Evaluation) -> None:
    hidden = set(evaluation.withheld_documents)
    assert any(m.document in hidden for m in evaluation.mistakes)
    texts = [m.text for m in evaluation.mistakes if m.document in hidden]
    texts += [n.text for m in evaluation.mistakes for n in m.neighbours if n.document in hidden]
    shown = {m.text for m in evaluation.mistakes if m.document not in hidden}
    written = render_json(evaluation)
    assert not [text for text in texts if text not in shown and json.dumps(text)[1:-1] in written]


def test_the_page_says_that_it_quotes_withheld_texts(evaluation: Evaluation) -> None:
    assert "may not be passed on" in evaluation_page(evaluation)
    open_only = replace(evaluation, withheld_documents=())
    assert "may not be passed on" not in evaluation_page(open_only)


def test_the_page_needs_no_network_and_runs_no_foreign_text(evaluation: Evaluation) -> None:
    mistakes = tuple(replace(m, text=HOSTILE, title=HOSTILE) for m in evaluation.mistakes)
    about = replace(evaluation.about, recipe=HOSTILE, colors=('red"><script>',) * 3)
    drawn = evaluation_page(replace(evaluation, mistakes=mistakes, about=about))
    assert "<script>alert" not in drawn
    assert 'red"' not in drawn
    assert not re.search(r'(?:src|href)="(?!#)', drawn)
    assert "default-src 'none'" in drawn


def test_the_same_evaluation_gives_the_same_bytes(evaluation: Evaluation) -> None:
    again = Evaluation.from_dict(evaluation.to_dict())
    assert render_json(again) == render_json(evaluation)
    assert evaluation_page(again) == evaluation_page(evaluation)


def test_a_report_is_three_files(evaluation: Evaluation, tmp_path) -> None:  # type: ignore[no-untyped-def]
    files = write_report(evaluation, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "tfidf-svm.html",
        "tfidf-svm.json",
        "tfidf-svm.md",
    ]
    assert files.html.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_paper_table_has_intervals_and_the_ceiling(evaluation: Evaluation) -> None:
    table = render_markdown([evaluation]).split("\n")
    assert len({line.count("|") for line in table[:4]}) == 1
    assert re.search(r"\| \.\d{3} \[\.\d{3}, (\.\d{3}|1\.000)\] \|", table[2])
    assert table[3].startswith("| annotator ceiling |")


ARTICLE = ReadArticle(
    "d",
    "Title",
    "Post",
    (
        ReadSentence("Nothing here.", (), ()),
        ReadSentence(f"A & B said so. {HOSTILE}", ("a",), ("a",)),
        ReadSentence("It was missed.", ("b",), ()),
        ReadSentence("It was wrong.", (), ("a", "b")),
    ),
)
TITLES, COLORS = {"a": "Alpha", "b": "Beta"}, {"a": "#112233", "b": "#445566"}


def plain(markup: str) -> str:
    import html

    return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


def test_articles_are_drawn_by_displacy_as_they_are_without_it() -> None:
    pytest.importorskip("spacy")
    drawn = displacy_input(ARTICLE, TITLES)
    for span in drawn["ents"]:
        span["params"]["bg"] = COLORS[span.pop("first")]
    theirs, own = render_article(ARTICLE, TITLES, COLORS), _draw(drawn)
    assert plain(theirs) == plain(own)
    assert (
        re.findall(r'<mark class="(\w+)" style="([^"]+)"', theirs)
        == [
            ("right", "--c:#112233"),
            ("missed", "--c:#445566"),
            ("wrong", "--c:#112233"),
        ]
        == re.findall(r'<mark class="(\w+)" style="([^"]+)"', own)
    )
    assert "<script>" not in theirs + own
