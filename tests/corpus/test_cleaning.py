"""Any bytes become clean text, and the notes of what changed lead back to what was there."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimtypes.corpus.cleaning import clean, decode
from claimtypes.corpus.rewriting import compose, describe, restore, substitute
from claimtypes.errors import BadInput

ODD = [
    *"ab .\n\r\t\0\xad\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\u0301\u0327\u0344",
    *"\u2000\u2028\x85\x92",
    *"é가\u1100\u1161â€™Ã©Â\xa0\ud800\udfff\U000e0041“”\x0c\x1b\uffff",
    "\r\n",
    "\n\n",
    "â€™",
]
odd_text = st.lists(st.one_of(st.sampled_from(ODD), st.characters()), max_size=60).map("".join)
SENTENCE = "“It’s a café,” the Ministry’s spokeswoman said — and left at 5 p.m.\n" * 4


@settings(max_examples=500, deadline=None)
@given(odd_text)
def test_the_notes_restore_the_decoded_text(text: str) -> None:
    cleaned = clean(text)
    assert restore(cleaned.text, describe(cleaned)) == text


@settings(max_examples=300, deadline=None)
@given(odd_text)
def test_cleaned_text_is_normalized_and_storable(text: str) -> None:
    cleaned = clean(text).text
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned.encode().decode() == cleaned
    assert not set(cleaned) & set("\r\0\xad\u200b\u202e\ufeff\u2028\x85")


@settings(max_examples=300, deadline=None)
@given(st.text("ab", max_size=12), st.data())
def test_composed_edits_lead_back_to_the_first_text(text: str, data: st.DataObject) -> None:
    def changed(of: str) -> list[tuple[int, int, str]]:
        points = sorted(data.draw(st.lists(st.integers(0, len(of)), max_size=6)))
        spans = zip(points[::2], points[1::2], strict=False)
        return [(a, b, data.draw(st.text("xyz", max_size=2))) for a, b in spans]

    first = substitute(text, changed(text))
    both = compose(first, substitute(first.text, changed(first.text)))
    assert restore(both.text, describe(both)) == text


def test_a_note_is_short_where_a_change_is_everywhere() -> None:
    notes = describe(clean("one\r\ntwo\r\nthree\r\nfour\r\n" * 500))
    assert notes == ('"\\r\\n" became "\\n" everywhere else',)


def test_notes_of_another_text_are_refused() -> None:
    with pytest.raises(BadInput, match="not of this text"):
        restore("abc", ['"x" became "y" at 1'])


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        (SENTENCE.encode(), ""),
        (SENTENCE.encode("utf-8-sig"), ""),
        (b"\xff\xfe" + SENTENCE.encode("utf-16-le"), ""),
        (b"\xfe\xff" + SENTENCE.encode("utf-16-be"), ""),
        (SENTENCE.encode("utf-16-le"), ""),
        (SENTENCE.encode("utf-16-be"), ""),
        (SENTENCE.encode("cp1252"), ""),
        (SENTENCE.encode("cp1252"), "iso-8859-1"),
        (SENTENCE.encode("cp1252"), "utf-8"),
        (SENTENCE.encode(), "iso-8859-1"),
        (SENTENCE.encode().replace("—".encode(), b"\x97", 1), ""),
        (SENTENCE.encode("mac-roman"), "macintosh"),
        (SENTENCE.encode("utf-8").decode("latin-1").encode("utf-8"), ""),
        (SENTENCE.encode().decode("cp1252", "replace").replace("\ufffd", "\x9d").encode(), ""),
    ],
)  # fmt: skip
def test_encodings_are_told_from_the_bytes(data: bytes, charset: str) -> None:
    assert clean(decode(data, charset).text).text == SENTENCE


def test_an_encoding_that_is_not_utf_8_is_noted() -> None:
    assert decode("café".encode("cp1252")).notes == ("decoded from cp1252",)
    mended = decode(("café " * 3).encode() + b"\x93quote\x94")
    assert mended.notes == ("decoded from utf-8 with 2 bytes read as cp1252",)
    assert mended.text.endswith("“quote”")


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", bytes(range(256)) * 20]
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="not text"):
        decode(data)


def test_a_stray_nul_is_cleaned_away() -> None:
    text = decode(b"One sentence here.\0 Another one.").text
    assert clean(text).text == "One sentence here. Another one."
