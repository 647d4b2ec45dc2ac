"""Versions, and what raising which number says."""

from __future__ import annotations

import re

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

LEVELS = ("none", "patch", "minor", "major")
"""What a version's last, middle and first number stand for, least first.

Major: rows edited, removed or split anew, labels or guidelines edited. Minor: rows or guidelines
added, the old ones as they were. Patch: the same content. (Croissant 1.1, section on versions.)
"""


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions are sorted by.

    >>> sorted(["1.10.0", "1.9.0"], key=version_key)
    ['1.9.0', '1.10.0']
    """
    return tuple(int(number) for number in version.split("."))


def bump_level(old: str, new: str) -> str:
    """Return which number was raised from one version to another; ``none`` if none was.

    Below 1.0.0 the second number stands for major changes and the third for others, as semantic
    versioning leaves free and everybody does.
    """
    before, after = ([int(n) for n in v.split(".")] for v in (old, new))
    if after <= before:
        return "none"
    place = next(i for i in range(3) if before[i] != after[i])
    if before[0] == 0 and place:
        return {1: "major", 2: "minor"}[place]
    return ("major", "minor", "patch")[place]


def next_version(version: str, level: str) -> str:
    """Return the version that follows another by a change of some level.

    >>> next_version("1.2.3", "minor"), next_version("0.2.3", "major")
    ('1.3.0', '0.3.0')
    """
    major, minor, patch = (int(n) for n in version.split("."))
    if major == 0:
        level = {"major": "minor", "minor": "patch"}.get(level, level)
    if level == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level == "minor" else f"{major}.{minor}.{patch + 1}"
