"""The spaCy component `claimtypes_sentences`: the sentences of `sentence_spans`, as `doc.sents`.

spaCy's own tokenizer needs quadratic time on long runs of punctuation and does not split every
token in which a sentence ends (`1,000.That`). So the component puts `BoundaryTokenizer` around
the pipeline's tokenizer: ordinary text gets the very same tokens as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from spacy.attrs import LENGTH, NORM, SENT_START, SPACY
from spacy.language import Language
from spacy.tokens import Doc, Span

from claimtypes.corpus.boundaries import sentence_spans

# A piece of text without whitespace that is longer than this is never given to spaCy's tokenizer,
# whose time grows with the square of it; only addresses of web pages are ever so long.
LONGEST_CHUNK: Final = 256

_MONSTER = re.compile(rf"\S{{{LONGEST_CHUNK + 1},}}")
_PIECE = re.compile(rf"\w{{1,{LONGEST_CHUNK}}}|\W")


@Language.factory(
    "claimtypes_sentences",
    assigns=["token.is_sent_start", "doc.sents"],
    default_config={"guard": True},
)
def create(nlp: Language, name: str, guard: bool) -> SentenceBoundaries:
    """Create the component; `guard` puts `BoundaryTokenizer` around the tokenizer of `nlp`.

    Example:
        >>> import spacy
        >>> nlp = spacy.blank("en")
        >>> _ = nlp.add_pipe("claimtypes_sentences")
        >>> [sentence.text for sentence in nlp("He met Gov. Lee. “Go,” he said.").sents]
        ['He met Gov. Lee.', '“Go,” he said.']
    """
    if guard and not isinstance(nlp.tokenizer, BoundaryTokenizer):
        nlp.tokenizer = BoundaryTokenizer(nlp.tokenizer)
    return SentenceBoundaries(name)


class SentenceBoundaries:
    """Sets the sentence starts of a Doc from `sentence_spans(doc.text)`.

    `doc.sents` must hold every token, so a sentence takes the whitespace tokens after it along;
    `doc.spans[name]` holds the sentences with exactly the offsets of `sentence_spans`.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Set the boundaries; tokens in which a sentence ends are split."""
        spans = sentence_spans(doc.text)
        if not spans:
            doc.spans[self.name] = []
            return doc
        if cuts := _straddled(doc, spans):
            with doc.retokenize() as retokenizer:
                for index, ends in cuts.items():
                    token = doc[index]
                    parts = _parts(token.text, ends)
                    retokenizer.split(token, parts, heads=[(token, 0)] * len(parts))
        offsets = _offsets(doc)
        firsts = np.searchsorted(offsets, [start for start, _ in spans])
        lasts = np.searchsorted(offsets, [end for _, end in spans])
        starts: Any = np.full(len(doc), -1, dtype=np.int64)
        starts[firsts[1:]] = 1
        starts[0] = 1  # whitespace before the first sentence is part of it, for spaCy
        # One array: setting `token.is_sent_start` one by one takes quadratic time.
        doc.from_array([SENT_START], starts.astype(np.uint64))
        doc.spans[self.name] = [
            Span(doc, int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)
        ]
        return doc


class BoundaryTokenizer:
    """A tokenizer around another: linear time, and no token in which a sentence ends.

    Pieces of more than `LONGEST_CHUNK` characters without whitespace are cut into words and single
    marks; everything else is left to the tokenizer inside.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def __call__(self, text: str) -> Doc:
        """Tokenize a text."""
        doc: Doc = self._assemble(text) if _MONSTER.search(text) else self.tokenizer(text)
        cuts = _straddled(doc, sentence_spans(text))
        return _split(doc, cuts) if cuts else doc

    def pipe(self, texts: Iterable[str], **_options: Any) -> Iterator[Doc]:
        """Tokenize a stream of texts."""
        return map(self, texts)

    def __getattr__(self, attribute: str) -> Any:
        # Serialisation, rules, vocabulary: all of it is the inner tokenizer's. Dunders and the
        # attribute itself are looked for while unpickling, before there is an inner tokenizer.
        if attribute == "tokenizer" or attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(self.tokenizer, attribute)

    def _assemble(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        at = 0
        for monster in _MONSTER.finditer(text):
            if at < monster.start():
                for token in self.tokenizer(text[at : monster.start()]):
                    words.append(token.text)
                    spaces.append(bool(token.whitespace_))
            pieces = _PIECE.findall(monster[0])
            words += pieces
            spaces += [False] * len(pieces)
            at = monster.end()
            if text[at : at + 1] == " ":
                spaces[-1] = True
                at += 1
        if at < len(text):
            for token in self.tokenizer(text[at:]):
                words.append(token.text)
                spaces.append(bool(token.whitespace_))
        return Doc(self.tokenizer.vocab, words=words, spaces=spaces)


def _offsets(doc: Doc) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return where each token starts, in code points."""
    columns: Any = doc.to_array([LENGTH, SPACY])
    widths = columns.astype(np.int64).sum(axis=1)
    return np.asarray(np.cumsum(widths) - widths, dtype=np.int64)


def _straddled(doc: Doc, spans: list[tuple[int, int]]) -> dict[int, list[int]]:
    """Return, for each token in which a sentence starts, at which of its characters it does."""
    if len(doc) == 0 or len(spans) < 2:
        return {}
    offsets = _offsets(doc)
    starts = np.array([start for start, _ in spans[1:]], dtype=np.int64)
    tokens = np.searchsorted(offsets, starts, side="right") - 1
    inside = starts - offsets[tokens]
    cuts: dict[int, list[int]] = {}
    for token, character in zip(tokens[inside > 0], inside[inside > 0], strict=True):
        cuts.setdefault(int(token), []).append(int(character))
    return cuts


def _parts(word: str, cuts: list[int]) -> list[str]:
    return [word[a:b] for a, b in zip([0, *cuts], [*cuts, len(word)], strict=True)]


def _split(doc: Doc, cuts: dict[int, list[int]]) -> Doc:
    """Build a Doc anew with tokens split: the retokenizer takes quadratic time for many."""
    words: list[str] = []
    spaces: list[bool] = []
    norms: list[int] = []
    for token in doc:
        parts = _parts(token.text, cuts.get(token.i, []))
        words += parts
        spaces += [False] * (len(parts) - 1) + [bool(token.whitespace_)]
        norms += [token.norm] if len(parts) == 1 else [doc.vocab[part].norm for part in parts]
    column: Any = np.array(norms, dtype=np.uint64)
    return Doc(doc.vocab, words=words, spaces=spaces).from_array([NORM], column)
