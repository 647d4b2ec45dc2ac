"""Keyed fingerprints of letters and digits: how a sentence is known without its text."""

from __future__ import annotations

import hashlib
import unicodedata


class _Letters(dict[int, str]):
    """Maps a code point to its letters and digits: decomposed, case-folded, nothing else.

    Compatibility decomposition makes ligatures, full-width forms and either way of writing an
    accent equal; quotes, dashes, spaces and invisible characters map to nothing.
    """

    def __missing__(self, point: int) -> str:
        folded = unicodedata.normalize("NFKD", chr(point)).casefold()
        letters = "".join(c for c in unicodedata.normalize("NFKD", folded) if c.isalnum())
        self[point] = letters
        return letters


_LETTERS = _Letters()


def letters(text: str) -> str:
    """Return the letters and digits of a text, folded so that copies of it agree.

    >>> letters("“CAFÉ” — No. 5!")
    'cafeno5'
    """
    return text.translate(_LETTERS)


def letters_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text, and the offset in it each one came from."""
    parts = [_LETTERS[ord(c)] for c in text]
    offsets = [i for i, part in enumerate(parts) for _ in part]
    return "".join(parts), offsets


def fingerprint(folded: str, article_sha256: str) -> str:
    """Return the fingerprint of letters and digits, keyed by the article they stand in.

    BLAKE2b with the article's SHA-256 as key, 12 bytes in hex: the same sentence in two
    articles has two fingerprints, so a table of common sentences is of no use.
    """
    key = bytes.fromhex(article_sha256)
    return hashlib.blake2b(folded.encode(), key=key, digest_size=12).hexdigest()
