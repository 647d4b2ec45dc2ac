import random

from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.corpus.duplicates import THRESHOLD, cluster, find_duplicates, link_articles
from claimtypes.corpus.fingerprint import letters


def grams(text: str) -> set[str]:
    folded = letters(text)
    return {folded[i : i + 5] for i in range(max(1, len(folded) - 4))} - {""}


def by_brute_force(texts: list[str], threshold: float) -> dict[tuple[int, int], float]:
    sets = [grams(text) for text in texts]
    return {
        (i, j): len(sets[i] & sets[j]) / len(sets[i] | sets[j])
        for i in range(len(sets))
        for j in range(i + 1, len(sets))
        if sets[i] | sets[j] and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold
    }


TEXTS = st.lists(st.text(alphabet="abcé ß中.", max_size=24), max_size=12)


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.6, 0.8, 1.0]))
@settings(max_examples=300, deadline=None)
def test_it_finds_every_pair_that_comparing_all_with_all_finds(
    texts: list[str], threshold: float
) -> None:
    found = {(p.first, p.second): p.similarity for p in find_duplicates(texts, threshold)}
    assert found == by_brute_force(texts, threshold)


def test_it_finds_every_pair_among_edited_sentences() -> None:
    rng = random.Random(7)
    words = [f"word{n}" for n in range(60)]
    texts = [" ".join(rng.choices(words, k=rng.randint(5, 30))) for _ in range(150)]
    for text in texts[:150]:
        edited = text.split()
        for _ in range(rng.randint(0, 5)):
            edited[rng.randrange(len(edited))] = rng.choice(words)
        texts.append(" ".join(edited))
    found = {(p.first, p.second): p.similarity for p in find_duplicates(texts)}
    expected = by_brute_force(texts, THRESHOLD)
    assert found == expected
    assert len(expected) > 50


def test_an_alphabet_of_any_size_does_not_confuse_grams() -> None:
    texts = ["".join(chr(0x4E00 + n) for n in range(k, k + 3000)) for k in (0, 1500, 9000)]
    found = {(p.first, p.second): p.similarity for p in find_duplicates(texts, 0.3)}
    assert found == by_brute_force(texts, 0.3)


def test_clusters_are_what_hangs_together() -> None:
    assert cluster("abcdef", [("a", "c"), ("c", "e"), ("b", "f")]) == [
        ["a", "c", "e"],
        ["b", "f"],
        ["d"],
    ]


QUOTE = (
    "The minister said the harbour would stay closed until every permit had been examined again."
)
FORMULA = "The charges in the indictment are merely accusations, and all are presumed innocent."


def test_articles_that_share_a_long_sentence_are_linked() -> None:
    articles = {
        "long": [QUOTE, "A baker opened.", "The town council met for the first time this year."],
        "short": [QUOTE.replace("again", "twice")],
        "other": ["A baker opened.", "Nothing else of note was heard in the whole of the county."],
    }
    (link,) = link_articles(articles)
    assert (link.first, link.second) == ("long", "short")


def test_a_formula_of_many_articles_links_none_of_them() -> None:
    rng = random.Random(1)
    own = ["".join(rng.choices("abcdefghij", k=300)) for _ in range(5)]
    assert link_articles({f"release-{n}": [text, FORMULA] for n, text in enumerate(own)}) == []
    assert len(link_articles({f"release-{n}": [own[n], FORMULA] for n in range(3)})) == 3
