"""Actor-masked copies of texts: who acted and how many are hidden, what was done is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

NAME_MARK = "_n_"
NUMBER_MARK = "_0_"

# Upper-case letters of the alphabets that have them (Latin, Greek, Cyrillic, Armenian).
_UPPER = "".join(c for c in map(chr, range(0x590)) if c.isupper())
_WORD_REST = r"\w*(?:[-’'](?!s\b)\w+)*"
_ACRONYM_REST = rf"\.(?:[{_UPPER}]\.)+"
_PARTICLES = "al|bin|ibn|bint|de|del|der|den|van|von|da|dos|du|la|le|el|y|e"
_LINK = rf" (?:(?:{_PARTICLES}) )?"
_TOKEN = rf"[{_UPPER}](?:{_ACRONYM_REST}|{_WORD_REST})"
# A character class first, so that the engine skips to candidates; the lookbehind then asks that
# no word goes on there.
_PATTERN = re.compile(
    rf"([{_UPPER}0-9](?<!\w\w)(?:(?<=[0-9])[0-9]*(?:[.,][0-9]+)*"
    rf"|(?<![0-9])(?:{_ACRONYM_REST}|{_WORD_REST})(?:{_LINK}{_TOKEN})*))"
)
_TOKENS = re.compile(rf"({_LINK})?({_TOKEN})")
_LOWER_WORD = re.compile(r"(?<![\w.])[^\W\d_]+(?![\w])")


def common_words(texts: Iterable[str], least: int = 2) -> frozenset[str]:
    """Return the words that texts write in lower case at least ``least`` times.

    Such a word is kept where it is capitalised (`Ministry`, `Police`, the first of a sentence);
    any other capitalised word names somebody or somewhere.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(w for w in _LOWER_WORD.findall(text) if w.islower())
    # A single letter is an initial or what is left of an abbreviation, except the article.
    return frozenset(w for w, n in counts.items() if n >= least and (len(w) > 1 or w == "a"))


class _Runs(dict[str, str]):
    """What each run of capitalised words became; only so many are remembered."""

    def __init__(self, common: Collection[str]) -> None:
        super().__init__()
        self._common = common

    def __missing__(self, run: str) -> str:
        if len(self) > 100_000:
            self.clear()
        self[run] = masked = self._mask(run)
        return masked

    def _mask(self, run: str) -> str:
        if run[0].isdigit():
            return NUMBER_MARK
        parts: list[str] = []
        for link, word in _TOKENS.findall(run):
            if word.lower() in self._common or word == "I":
                parts.append(link + word)
            elif not (parts and parts[-1].endswith(NAME_MARK)):
                # A particle between a common word and a name is an ordinary word.
                parts.append(link + NAME_MARK)
        return "".join(parts)


class Mask:
    """Masks texts by a set of common words.

    >>> Mask({"the", "police"})(["The Police held Li Wei of Atlantis for 12 days."])
    ['The Police held _n_ of _n_ for _0_ days.']
    """

    def __init__(self, common: Collection[str]) -> None:
        self._runs = _Runs(common)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Return the masked copies."""
        joined = "\n".join(texts)
        if joined.count("\n") != max(len(texts) - 1, 0):
            joined = "\n".join(text.replace("\n", "\t") for text in texts)
        parts = _PATTERN.split(joined)
        # Every second part is a run, because the pattern is one group.
        parts[1::2] = map(self._runs.__getitem__, parts[1::2])
        return "".join(parts).split("\n") if texts else []
