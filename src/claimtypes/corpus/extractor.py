"""The child process that takes web pages apart; it limits itself, so that a bomb kills only it.

Run as ``python -m claimtypes.corpus.extractor``. Each request is two frames on stdin, the page's
address and its HTML, each reply one frame of JSON on stdout; a frame is its length in four bytes
and its bytes. The body comes as lines with the marks of article files.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

CPU_SECONDS = 4.0
MEMORY_BYTES = 512 << 20
MAX_DEPTH = 240  # libxml2 drops the text below 256 without a word
MAX_LINK_SHARE = 0.5
MAX_ATTRIBUTES = 1000  # parsers compare each attribute of a tag with all others

_TAG = re.compile(
    r"<!--.*?-->|<(script|style|textarea)\b.*?</\1\s*>|<(/?)([a-zA-Z][\w:-]*)"
    r"((?>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*))",
    re.DOTALL | re.I,
)
_VOID = frozenset(
    "area base br col embed frame hr img input link meta param source track wbr path".split()
)
# Elements that end where another of their group starts.
_CLOSES = {
    "a": {"a"},
    "p": {"p"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "option": {"option"},
    "tr": {"tr", "td", "th"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tbody": {"tr", "td", "th", "tbody"},
}
_BLOCKS = frozenset({"p", "head", "item", "list", "quote", "table", "row", "cell", "div", "code"})
_SPACE = re.compile(r"\s+")
_MARKED = re.compile(r"[#\\-] ?|\[[a-z]+\] |## ")


def why_refused(html: str) -> str:
    """Return why a page must not be given to the parser, or ''."""
    depth: list[str] = []
    for match in _TAG.finditer(html):
        name = (match[3] or "").lower()
        if not name or name in _VOID:
            continue
        if match[2]:
            if name in depth:
                del depth[len(depth) - 1 - depth[::-1].index(name) :]
            continue
        if len(match[4]) > MAX_ATTRIBUTES and len(match[4].split()) > MAX_ATTRIBUTES:
            return f"a tag with more than {MAX_ATTRIBUTES} attributes"
        while depth and depth[-1] in _CLOSES.get(name, ()):
            depth.pop()
        if not match[4].endswith("/"):
            depth.append(name)
        if len(depth) > MAX_DEPTH:
            return f"elements nested more than {MAX_DEPTH} deep"
    return ""


def _inline(element: Any) -> Iterator[str | Any]:
    """Yield an element's text and its block-level children in order."""
    if element.text:
        yield element.text
    for child in element:
        if child.tag == "lb":
            yield "\n"
        elif child.tag == "quote" and len(element) and element.tag in ("p", "item", "cell", "head"):
            yield "“" + "".join(child.itertext()) + "”"
        elif child.tag in _BLOCKS:
            yield child
        elif isinstance(child.tag, str) and child.tag != "graphic":
            yield from _inline(child)
        if child.tail:
            yield child.tail


def _lines(element: Any, kind: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and text of each block in a tree of trafilatura's."""
    kind = {"head": "heading", "item": "bullet"}.get(element.tag, kind)
    gathered: list[str] = []

    def flush() -> Iterator[tuple[str, str]]:
        for line in "".join(gathered).split("\n"):
            if text := _SPACE.sub(" ", line).strip():
                yield kind, text
        gathered.clear()

    for part in _inline(element):
        if isinstance(part, str):
            # Only <br> breaks a line; a line feed in the source is a space.
            gathered.append(part if part == "\n" else part.replace("\n", " ").replace("\r", " "))
        else:
            yield from flush()
            yield from _lines(part, kind)
    yield from flush()


def _captions(tree: Any) -> set[str]:
    return {_SPACE.sub(" ", "".join(c.itertext())).strip() for c in tree.iter("figcaption")}


def _letters(elements: Iterable[Any]) -> int:
    return sum(c.isalnum() for element in elements for c in "".join(element.itertext()))


def _link_share(body: Any, tree: Any) -> float:
    """Return the share of a body's letters that are links."""
    whole = max(1, _letters([body]))
    if share := _letters(body.iter("ref")) / whole:
        return share
    # The extractor's last resort is all text of the page, and forgets what was a link.
    linked = _letters(tree.iter("a"))
    return linked / whole if whole > 0.8 * _letters([tree]) else 0.0


def _marked(kind: str, text: str) -> str:
    if kind == "paragraph":
        return "\\" + text if _MARKED.match(text) else text
    return {"title": "# ", "heading": "## ", "bullet": "- "}.get(kind, f"[{kind}] ") + text


def extract(html: str, url: str) -> dict[str, str]:
    """Return title, publisher, published, language and marked body of a page, or ``why`` not."""
    import trafilatura

    if why := why_refused(html):
        return {"why": why}
    if "<html" not in html[:4096].lower():
        html = f"<html><body>{html}</body></html>"  # a fragment, as some archives hold
    tree: Any = trafilatura.load_html(html)
    if tree is None:
        return {"why": "no HTML in it"}
    captions = _captions(tree)
    language = (tree.get("lang") or "").split("-")[0].lower()
    document: Any = trafilatura.bare_extraction(
        html,
        url=url or None,
        include_comments=False,
        include_links=True,
        with_metadata=True,
        # Its extensive search makes a date of a copyright line.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if document is None or document.body is None:
        return {"why": "no article text found in the page"}
    if (share := _link_share(document.body, tree)) > MAX_LINK_SHARE:
        return {"why": f"a table of links: they are {share:.0%} of it"}
    title = _SPACE.sub(" ", document.title or "").strip()
    found = [
        ("caption" if text in captions else kind, text)
        for kind, text in _lines(document.body, "paragraph")
        if text != title
    ]
    head = [("title", title)] if title else []
    author = _SPACE.sub(" ", document.author or "").strip()
    if author and not any(author in text for _, text in found[:4]):
        head.append(("byline", author))
    return {
        "title": title,
        "publisher": _SPACE.sub(" ", document.sitename or "").strip(),
        "published": document.date or "",
        "language": language if language.isalpha() else "",
        "body": "\n\n".join(_marked(kind, text) for kind, text in head + found),
    }


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read one frame, or return None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack(">I", head)
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Write one frame."""
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


def main() -> None:
    """Answer requests until stdin ends; processor time and memory are bounded by the kernel."""
    cpu_seconds = float(sys.argv[1])
    import trafilatura  # noqa: F401 - loaded before the clock of the first page starts

    replies = sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not garble the replies
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (url := read_frame(sys.stdin.buffer)) is not None:
        html = read_frame(sys.stdin.buffer)
        if html is None:
            return
        # The signal's default action ends the process, deep in a C parser too.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            reply = extract(html.decode("utf-8", "replace"), url.decode())
        except (MemoryError, RecursionError) as error:
            why = "needed too much memory" if isinstance(error, MemoryError) else "nested too deep"
            reply = {"why": f"the page {why}" if why.startswith("needed") else why}
        except Exception as error:  # noqa: BLE001 - whatever a page does to the parser, the run goes on
            reply = {"why": f"the extractor failed on it ({type(error).__name__})"}
        signal.setitimer(signal.ITIMER_PROF, 0)
        del html
        write_frame(replies, json.dumps(reply).encode())


if __name__ == "__main__":
    main()
