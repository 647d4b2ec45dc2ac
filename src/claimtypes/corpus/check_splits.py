"""What can be wrong with the splits: leaks, and articles that are nowhere or in two places."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence

from claimtypes.corpus.articles import article_paths
from claimtypes.corpus.duplicates import link_articles
from claimtypes.corpus.findings import Ledger
from claimtypes.corpus.split_rows import HEADER, SPLITS, TEST_PUBLISHERS, SplitRow
from claimtypes.records import Article


def check_splits(
    ledger: Ledger, articles: Mapping[str, Article], texts: Mapping[str, Sequence[str]]
) -> None:
    """Note what is wrong with ``corpus/splits.csv``.

    ``texts`` holds the sentences of every article whose text is at hand.
    """
    path = ledger.project.splits
    if not path.exists():
        return
    rows = _read(ledger)
    if rows is None:
        return
    files = {file.stem for file in article_paths(ledger.project)}
    where: dict[str, SplitRow] = {}
    for line, row in rows:
        if row.article not in articles and row.article in files:
            continue
        if row.article not in articles:
            ledger.add("unknown-article", "no such article", path, line=line, record=row.article)
        elif row.article in where:
            message = f"in {where[row.article].split} and in {row.split}"
            ledger.add("article-in-two-splits", message, path, line=line, record=row.article)
        else:
            where[row.article] = row
    for article in sorted(articles.keys() - where.keys()):
        ledger.add("article-without-split", "it is not listed", path, record=article)
    _check_groups(ledger, articles, where)
    _check_likeness(ledger, where, texts)
    _check_publishers(ledger, articles, where)


def _read(ledger: Ledger) -> list[tuple[int, SplitRow]] | None:
    path = ledger.project.splits
    rows: list[tuple[int, SplitRow]] = []
    try:
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8")), strict=True)
        if next(lines, None) != HEADER:
            ledger.add("bad-splits", f"the header is not {','.join(HEADER)}", path)
            return None
        for cells in lines:
            if len(cells) != len(HEADER):
                ledger.add("bad-splits", f"{len(cells)} cells", path, line=lines.line_num)
            elif cells[1] not in SPLITS:
                message = f"no split is named {cells[1]!r}"
                ledger.add("unknown-split", message, path, line=lines.line_num, record=cells[0])
                rows.append((lines.line_num, SplitRow(*cells)))
            else:
                rows.append((lines.line_num, SplitRow(*cells)))
    except (UnicodeDecodeError, csv.Error) as error:
        ledger.add("bad-splits", str(error), path)
        return None
    return rows


def _check_groups(
    ledger: Ledger, articles: Mapping[str, Article], where: Mapping[str, SplitRow]
) -> None:
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, row in where.items():
        members["group", row.group].add(name)
        if articles[name].event:
            members["event", articles[name].event].add(name)
    reported: set[frozenset[str]] = set()
    for (kind, group), names in sorted(members.items()):
        splits = sorted({where[name].split for name in names})
        if len(splits) > 1 and frozenset(names) not in reported:
            reported.add(frozenset(names))
            message = f"{kind} {group} is in {' and '.join(splits)}: {', '.join(sorted(names))}"
            ledger.add("group-across-splits", message, ledger.project.splits, record=group)


def _check_likeness(
    ledger: Ledger, where: Mapping[str, SplitRow], texts: Mapping[str, Sequence[str]]
) -> None:
    for link in link_articles({name: texts[name] for name in where if texts.get(name)}):
        one, other = where[link.first], where[link.second]
        if one.split != other.split:
            ledger.add(
                "near-duplicate-across-splits",
                f"{one.article} in {one.split} and {other.article} in {other.split} share "
                f"{link.similarity:.2f} of {link.what[:100]}",
                ledger.project.splits,
                record=one.article,
            )


def _check_publishers(
    ledger: Ledger, articles: Mapping[str, Article], where: Mapping[str, SplitRow]
) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for name, row in where.items():
        splits[articles[name].publisher].add(row.split)
    for publisher, held in sorted(splits.items()):
        if TEST_PUBLISHERS in held and len(held) > 1:
            message = f"it is in {' and '.join(sorted(held))}"
            ledger.add("publisher-in-two-splits", message, ledger.project.splits, record=publisher)
