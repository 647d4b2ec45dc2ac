import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.corpus.division import load_plan, split_project
from claimtypes.corpus.duplicates import Link
from claimtypes.corpus.split_rows import (
    SPLITS,
    TEST_PUBLISHERS,
    SplitRow,
    parse_splits,
    render_splits,
)
from claimtypes.corpus.splits import FEW_POSITIVES, Dividable, Plan, share_errors, split
from claimtypes.errors import BadInput
from claimtypes.project import Project


def corpus(seed: int, size: int = 200) -> list[Dividable]:
    """Articles of many publishers, some on shared events, with labels of three frequencies."""
    rng = random.Random(seed)
    articles = []
    for number in range(size):
        sentences = rng.randint(5, 30)
        often, seldom = rng.random() < 0.7, rng.random() < 0.25
        articles.append(
            Dividable(
                id=f"article-{number:04}",
                publisher=f"publisher-{number % 2}-{rng.randrange(size // 6)}",
                written=number % 2 == 0,
                event=f"event-{number // 12}-{number % 2}" if number % 12 < 4 else "",
                sentences=sentences,
                labels={
                    "often": sum(rng.random() < 0.4 * often for _ in range(sentences)),
                    "sometimes": sum(rng.random() < 0.15 for _ in range(sentences)),
                    "seldom": sum(rng.random() < 0.2 * seldom for _ in range(sentences)),
                },
            )
        )
    return articles


def where(rows: tuple[SplitRow, ...]) -> dict[str, str]:
    return {row.article: row.split for row in rows}


@pytest.mark.parametrize("seed", range(8))
def test_label_shares_are_near_the_plan(seed: int) -> None:
    articles, plan = corpus(seed), Plan(seed=seed)
    division = split(articles, plan=plan)
    errors = share_errors(articles, division.rows, plan)
    assert all(abs(e) <= 0.015 for part in errors.values() for e in part.values())
    assert all({"often", "sometimes", "sentences"} <= part.keys() for part in errors.values())


@pytest.mark.parametrize("seed", range(4))
def test_it_is_nearer_to_the_plan_than_stratified_group_folds(seed: int) -> None:
    model_selection = pytest.importorskip("sklearn.model_selection")
    articles = corpus(seed)
    division = split(articles, plan=Plan(seed=seed))
    inside = [a for a in articles if where(division.rows)[a.id] != TEST_PUBLISHERS]
    sets = [max(a.labels, key=lambda name: a.labels[name]) for a in inside]
    groups = [a.event or a.id for a in inside]
    folds = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    _, test = next(folds.split(inside, sets, groups))
    worst = 0.0
    for label in ("often", "sometimes", "seldom"):
        total = sum(a.labels[label] for a in inside)
        if total >= FEW_POSITIVES:
            share = sum(inside[n].labels[label] for n in test) / total
            worst = max(worst, abs(share - 0.2))
    ours = share_errors(articles, division.rows, Plan())["test"]
    assert max(abs(ours[label]) for label in ours) <= worst


@pytest.mark.parametrize("seed", range(4))
def test_groups_stay_whole_and_held_out_publishers_apart(seed: int) -> None:
    articles = corpus(seed)
    links = [Link("article-0010", "article-0051", 0.9, "the whole text")]
    division = split(articles, links)
    split_of = where(division.rows)
    assert not division.held
    assert set(split_of.values()) == set(SPLITS)
    assert split_of["article-0010"] == split_of["article-0051"]
    events: dict[str, set[str]] = {}
    publishers: dict[str, set[str]] = {}
    for article in articles:
        events.setdefault(article.event or article.id, set()).add(split_of[article.id])
        publishers.setdefault(article.publisher, set()).add(split_of[article.id])
    assert all(len(splits) == 1 for splits in events.values())
    assert all(
        splits == {TEST_PUBLISHERS} for splits in publishers.values() if TEST_PUBLISHERS in splits
    )


def test_written_and_reported_text_are_in_every_split() -> None:
    articles = corpus(3)
    split_of = where(split(articles).rows)
    for name in SPLITS:
        assert {a.written for a in articles if split_of[a.id] == name} == {True, False}


@pytest.mark.parametrize("seed", range(4))
def test_growing_never_moves_an_old_article(seed: int) -> None:
    articles = corpus(seed)
    first = split(articles[:120])
    second = split(articles, frozen=first.rows)
    assert where(first.rows).items() <= where(second.rows).items()
    assert {row for row in second.rows if row.article in where(first.rows)} == set(first.rows)


def test_the_same_articles_in_any_order_are_divided_alike() -> None:
    articles = corpus(5)
    shuffled = random.Random(0).sample(articles, len(articles))
    assert split(articles).rows == split(shuffled).rows


def article(name: str, publisher: str = "p", event: str = "") -> Dividable:
    return Dividable(name, publisher, written=True, event=event, sentences=3)


OLD = (
    SplitRow("a", "train", "a", "drawn"),
    SplitRow("b", "test", "b", "drawn"),
    SplitRow("c", TEST_PUBLISHERS, "c", "publisher"),
)
OLD_ARTICLES = [article("a", "p", "fire"), article("b", "p", "flood"), article("c", "q", "storm")]


def test_a_new_article_joins_the_group_of_its_event() -> None:
    division = split([*OLD_ARTICLES, article("d", "r", "flood")], frozen=OLD)
    assert division.rows[-1] == SplitRow("d", "test", "b", "joined")


def test_a_new_article_of_a_held_out_publisher_is_held_out_too() -> None:
    division = split([*OLD_ARTICLES, article("d", "q")], frozen=OLD)
    assert division.rows[-1] == SplitRow("d", TEST_PUBLISHERS, "d", "publisher")


def test_an_article_between_two_splits_is_held_back_by_name() -> None:
    links = [Link("a", "d", 0.8, "the whole text"), Link("b", "d", 0.7, "the whole text")]
    division = split([*OLD_ARTICLES, article("d", "r")], links, OLD)
    assert division.rows == OLD
    assert division.held == {"d": "its group is in test and train"}


def test_an_article_whose_publisher_is_held_out_but_its_event_is_not_is_held_back() -> None:
    division = split([*OLD_ARTICLES, article("d", "q", "fire")], frozen=OLD)
    assert division.held == {"d": "its group is in train, its publisher is not"}


CELLS = st.text(min_size=1, max_size=12).filter(lambda t: "\r" not in t and "\0" not in t)


@given(st.dictionaries(CELLS, st.tuples(st.sampled_from(SPLITS), CELLS, CELLS), max_size=8))
def test_what_is_rendered_is_parsed_again(rows: dict[str, tuple[str, str, str]]) -> None:
    records = [SplitRow(name, *values) for name, values in sorted(rows.items())]
    assert parse_splits(render_splits(records)) == records


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "header"),
        ("article,split,group,reason\na,train\n", "2 cells"),
        ("article,split,group,reason\na,dev,a,drawn\n", "'dev'"),
        ('article,split,group,reason\n"a,train,a,drawn\n', "splits.csv:"),
    ],
)
def test_a_broken_file_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_splits(text)


def test_a_project_is_split_twice_alike(tiny: Project) -> None:
    first = split_project(tiny)
    written = tiny.splits.read_bytes()
    second = split_project(tiny)
    assert (first.new, second.new) == (3, 0)
    assert first.rows == second.rows
    assert tiny.splits.read_bytes() == written


@pytest.mark.parametrize("table", ["colour = 1", "test = 2", 'seed = "a"', "publishers = 3"])
def test_a_plan_that_makes_no_sense_is_refused(tiny: Project, table: str) -> None:
    path = tiny.root / "corpus" / "dataset.toml"
    path.write_text(path.read_text() + f"\n[split]\n{table}\n")
    with pytest.raises(BadInput, match=r"\[split\]"):
        load_plan(tiny)


def test_named_publishers_are_held_out(tiny: Project) -> None:
    path = tiny.root / "corpus" / "dataset.toml"
    path.write_text(path.read_text() + '\n[split]\npublishers = ["Port Courier"]\n')
    rows = {row.article: row.split for row in split_project(tiny).rows}
    assert [name for name, split in rows.items() if split == TEST_PUBLISHERS] == ["harbour-office"]
