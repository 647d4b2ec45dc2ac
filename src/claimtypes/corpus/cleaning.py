"""Bytes decoded and text cleaned of invisible and broken characters, every change noted."""

from __future__ import annotations

import codecs
import importlib
import re
import unicodedata
from dataclasses import dataclass

from claimtypes.corpus.rewriting import Rewritten, compose, substitute
from claimtypes.errors import BadInput

_MAGIC = {
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"RIFF": "a media file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"PK\x03\x04": "an archive or an office document",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"\x1f\x8b": "gzip data",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"\x28\xb5\x2f\xfd": "zstandard data",
    b"7z\xbc\xaf": "a 7z archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "a database",
}
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SAMPLE_BYTES = 65_536
# Every browser reads these names as Windows-1252, because that is what such pages hold.
_READ_AS_1252 = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def _c1() -> dict[str, str]:
    """Map C1 controls to what Windows-1252 has there, as HTML does, and the rest to nothing."""
    mapped = {}
    for point in range(0x80, 0xA0):
        try:
            mapped[chr(point)] = bytes([point]).decode("cp1252")
        except UnicodeDecodeError:
            mapped[chr(point)] = ""
    return mapped


_C1 = _c1()
_LINE_ENDS = frozenset("\r\x0b\x0c\u2028\u2029")
_SPACES = frozenset("\xa0\u1680\u202f\u205f\u3000") | {chr(p) for p in range(0x2000, 0x200B)}
_ODD = re.compile(
    "\r\n"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    "|[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]"
    "|[\u2028\u2029]"
    "|[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e]"
    "|[\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
    # Joiners shape Persian, Indic scripts and emoji; next to ASCII they only hide.
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
    "|[\ud800-\udfff]"
)
# A run that may hold marks to compose starts at an ASCII character, which composes backwards
# with nothing, and so can be normalized on its own.
_RUN = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")


def _as_1252(data: bytes) -> str:
    return "".join(_C1.get(c) or c for c in data.decode("latin-1"))


# UTF-8 that somebody read as Windows-1252 or Latin-1 and saved again: `â€™` for an apostrophe.
_LEADS = {_as_1252(bytes([lead])): size for lead, size in ((0xC2, 2), (0xC3, 2), (0xE2, 3))}
_TRAILS = re.escape("".join(_as_1252(bytes([b])) + chr(b) for b in range(0x80, 0xC0)))
_DOUBLE = re.compile("|".join(f"{lead}[{_TRAILS}]{{{size - 1}}}" for lead, size in _LEADS.items()))
_TO_BYTE = {c: b for b in range(0x80, 0x100) for c in (_as_1252(bytes([b])), chr(b))}
_ENOUGH_DOUBLE = 2
_FEW_BEYOND = 16  # bytes beyond ASCII on which no guess can be built


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text out of bytes, a byte order mark still in it; ``notes`` say how it was read."""

    text: str
    notes: tuple[str, ...] = ()


def _without_mark(data: bytes) -> str:
    """Name UTF-16 that has no byte order mark by where its zero bytes stand, or return ''."""
    sample = data[: _SAMPLE_BYTES - _SAMPLE_BYTES % 2]
    half = len(sample) // 2
    if half < 2 or sample.count(0) < 0.2 * len(sample):
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.05 * half else ""


def _refuse_binary(data: bytes) -> None:
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            raise BadInput(f"{name}, not text", hint="export its text first")
    sample = data[:_SAMPLE_BYTES]
    controls = sum(map(sample.count, (bytes([b]) for b in range(32) if b not in b"\t\n\r\x0b\x0c")))
    # A stray control or NUL is cleaned away; this many are a file of another kind.
    if controls > max(8, 0.05 * len(sample)):
        raise BadInput("binary data, not text", hint="export its text first")


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return ""
    return "cp1252" if found in _READ_AS_1252 else found


def _mend(data: bytes) -> Decoded:
    """Decode UTF-8 with a few bytes of Windows-1252 in it."""
    bad = 0

    def replace(error: UnicodeError) -> tuple[str, int]:
        nonlocal bad
        assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - decoding raises no other
        bad += 1
        return _as_1252(data[error.start : error.start + 1]), error.start + 1

    codecs.register_error("claimtypes-1252", replace)
    text = data.decode("utf-8", errors="claimtypes-1252")
    return Decoded(text, (f"decoded from utf-8 with {bad} bytes read as cp1252",))


def _guess(data: bytes) -> Decoded:
    """Decode bytes that are not UTF-8 and whose encoding nobody named."""
    beyond = sum(byte > 0x7F for byte in data[:_SAMPLE_BYTES])
    if beyond > max(_FEW_BEYOND, 0.15 * min(len(data), _SAMPLE_BYTES)):
        try:
            detector = importlib.import_module("charset_normalizer")
        except ImportError:
            detector = None
        best = detector.from_bytes(data[:_SAMPLE_BYTES]).best() if detector else None
        if best is not None and (name := _codec(best.encoding)):
            text = data.decode(name, errors="replace")
            return Decoded(text, (f"decoded from {name}, guessed",))
        raise BadInput("text in an encoding that cannot be told", hint="save it as UTF-8 first")
    return Decoded(_as_1252(data), ("decoded from cp1252",))


def decode(data: bytes, declared: str = "") -> Decoded:
    """Decode the bytes of a text; what they are counts for more than what they are said to be.

    Raises:
        BadInput: for binary data and for an encoding that cannot be told.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            text = data.decode(name, errors="replace")
            bad = ", broken" if "\ufffd" in text else ""
            return Decoded(
                text, () if name == "utf-8" and not bad else (f"decoded from {name}{bad}",)
            )
    if name := _without_mark(data):
        return Decoded(data.decode(name, errors="replace"), (f"decoded from {name}",))
    _refuse_binary(data)
    try:
        return Decoded(data.decode())
    except UnicodeDecodeError:
        pass
    multibyte = len(_MULTIBYTE.findall(data))
    stray = sum(byte > 0x7F for byte in _MULTIBYTE.sub(b"", data))
    if multibyte > stray:
        return _mend(data)
    if (name := _codec(declared)) and name not in ("utf-8", "cp1252"):
        try:
            return Decoded(data.decode(name), (f"decoded from {name}, as declared",))
        except (UnicodeDecodeError, LookupError):
            pass
    return _guess(data)


def _undouble(text: str) -> Rewritten:
    found = list(_DOUBLE.finditer(text))
    if len(found) < _ENOUGH_DOUBLE and not any(match[0][0] == "â" for match in found):
        return Rewritten(text)
    changes = []
    for match in found:
        try:
            whole = bytes(_TO_BYTE[c] for c in match[0]).decode()
        except UnicodeDecodeError:
            continue
        changes.append((match.start(), match.end(), whole))
    return substitute(text, changes)


def _plain(odd: str) -> str:
    if odd == "\r\n" or odd in _LINE_ENDS:
        return "\n"
    if odd in _SPACES:
        return " "
    if "\ud800" <= odd <= "\udfff":
        return "\ufffd"
    return _C1.get(odd, "")


def _compose_marks(text: str) -> Rewritten:
    if unicodedata.is_normalized("NFC", text):
        return Rewritten(text)
    changes = []
    for match in _RUN.finditer(text):
        old, new = match[0], unicodedata.normalize("NFC", match[0])
        if old == new:
            continue
        lead = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
        tail = 0
        while tail < min(len(old), len(new)) - lead and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        changes.append((match.start() + lead, match.end() - tail, new[lead : len(new) - tail]))
    return substitute(text, changes)


def clean(text: str) -> Rewritten:
    r"""Clean a decoded text; `rewriting.restore` gives the text back from the edits' notes.

    Line ends become line feeds and odd spaces plain ones; NUL and other controls, soft hyphens,
    bidirectional controls and zero-width characters go; C1 controls are read as Windows-1252;
    UTF-8 once read as Windows-1252 is mended; lone surrogates become U+FFFD; the rest is NFC.

    >>> clean("\ufeffcafe\u0301\r\n").text
    'café\n'
    """
    mended = _undouble(text)
    plain = substitute(
        mended.text, ((m.start(), m.end(), _plain(m[0])) for m in _ODD.finditer(mended.text))
    )
    cleaned = compose(mended, plain)
    return compose(cleaned, _compose_marks(cleaned.text))
