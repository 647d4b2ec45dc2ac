"""Articles taken into a project: each told where it came from, none twice, none half-way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from claimtypes.corpus.articles import dump_article, load_articles
from claimtypes.corpus.copies import KnownTexts
from claimtypes.corpus.documents import Document, Refusal, page_document
from claimtypes.corpus.drafts import Drafter
from claimtypes.corpus.extraction import Extractor
from claimtypes.corpus.fetch import fetch_cached
from claimtypes.corpus.segment import segment
from claimtypes.corpus.sources import Limits, read_source
from claimtypes.errors import BadInput, ClaimtypesError
from claimtypes.progress import track
from claimtypes.project import Project
from claimtypes.records import Article, Sentence
from claimtypes.store import dump_jsonl, load_jsonl, remove_stale

_BATCH = 200
_SAVE_IT = "save the page from a browser, then claimtypes ingest FILE"
_MEND_IT = "mend it, then take it in again"


@dataclass(frozen=True, slots=True)
class Taken:
    """An article taken in: its id, where it came from, and its title."""

    id: str
    where: str
    title: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A text that is here already as ``article``.

    ``how`` is ``unchanged`` (taken in before), ``copy`` (the same text under another name) or
    ``near-copy``; ``share`` is how much of the smaller text the two have in common.
    """

    where: str
    article: str
    how: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Ingestion:
    """What `ingest` did with each document."""

    taken: tuple[Taken, ...]
    skipped: tuple[Skipped, ...]
    refused: tuple[Refusal, ...]

    @property
    def unchanged(self) -> tuple[Skipped, ...]:
        """Documents that had been taken in before."""
        return tuple(s for s in self.skipped if s.how == "unchanged")

    @property
    def copies(self) -> tuple[Skipped, ...]:
        """Documents that are copies or near-copies of articles that are here."""
        return tuple(s for s in self.skipped if s.how != "unchanged")


@dataclass(slots=True)
class _Writer:
    """Gathers articles and writes them a batch at a time.

    The rows of withheld articles are written before the articles: a kill between the two leaves
    rows of no article, which nothing reads, and never an article without its sentences.
    """

    project: Project
    rows: list[Sentence]
    articles: list[Article] = field(default_factory=list)
    new_rows: dict[str, list[Sentence]] = field(default_factory=dict)
    batch: int = _BATCH

    def add(self, article: Article, rows: list[Sentence]) -> None:
        self.articles.append(article)
        if article.text is None:
            self.new_rows[article.id] = rows
        if len(self.articles) >= self.batch:
            self.flush()
            # The rows are written anew each time: larger batches keep the whole linear.
            self.batch += self.batch // 2

    def flush(self) -> None:
        if self.new_rows:
            kept = [row for row in self.rows if row.article not in self.new_rows]
            self.rows = kept + [row for rows in self.new_rows.values() for row in rows]
            dump_jsonl(self.project.sentences, self.rows, key=lambda s: (s.article, s.index))
        for article in self.articles:
            dump_article(self.project, article)
        self.articles.clear()
        self.new_rows.clear()


class _Intake:
    """Decides on each document in turn."""

    def __init__(
        self, known: KnownTexts, drafter: Drafter, *, withhold: bool, keep_near_copies: bool
    ) -> None:
        self._known = known
        self._drafter = drafter
        self._withhold = withhold
        self._keep_near_copies = keep_near_copies

    def decide(self, document: Document) -> tuple[Article, list[Sentence]] | Skipped:
        """Return the article to write and the rows of its sentences, or where it is already.

        Raises:
            BadInput: saying why the document is refused.
        """
        article, given = self._drafter.draft(document)
        if same := self._known.by_sha256.get(article.sha256):
            unchanged = same == article.id or (not given and same == _other_id(article))
            return Skipped(document.where, same, "unchanged" if unchanged else "copy")
        if article.id in self._known.ids:
            if given:
                raise BadInput(
                    f"the id {article.id} is that of another text",
                    hint="give it another id; a text once taken in never changes",
                )
            article = replace(article, id=_other_id(article))
        rows: list[Sentence] = []
        if self._withhold or self._known.has_withheld:
            rows = list(segment(article))
        if not self._keep_near_copies:
            text = article.text or ""
            near = self._known.near_copy(text) or self._known.near_withheld(
                [row.text or "" for row in rows if row.annotated]
            )
            if near:
                return Skipped(document.where, near.article, "near-copy", round(near.share, 3))
        self._known.add(article)
        if self._withhold:
            # The notes of changes quote the text.
            notes = tuple(n for n in article.changes if n.startswith(("decoded ", "extracted ")))
            article = replace(article, text=None, blocks=(), changes=notes)
        return article, [replace(row, text=None) for row in rows]


def _other_id(article: Article) -> str:
    return f"{article.id[:80].rstrip('-')}-{article.sha256[:8]}"


def _documents(
    sources: Iterable[str], project: Project, *, limits: Limits, allow_private: bool, refresh: bool
) -> Iterator[Document | Refusal]:
    def fetch(url: str) -> Document | Refusal:
        pages = project.state / "pages"
        try:
            page = fetch_cached(url, pages, allow_private=allow_private, refresh=refresh)
        except BadInput as error:
            return Refusal(url[:300], str(error).removeprefix(f"{url}: "), error.hint or _SAVE_IT)
        return page_document(page.url, page.content_type, page.retrieved, page.body)

    for source in sources:
        try:
            yield from read_source(source, limits=limits, fetch=fetch)
        except BadInput as error:
            yield Refusal(source, str(error), error.hint or _MEND_IT)


def ingest(
    project: Project,
    sources: Sequence[str],
    *,
    defaults: Mapping[str, Any] | None = None,
    withhold: bool = False,
    keep_near_copies: bool = False,
    allow_private: bool = False,
    refresh: bool = False,
    limits: Limits | None = None,
) -> Ingestion:
    """Take articles in from files, folders, archives, URLs or stdin (``-``).

    ``defaults`` are fields of `Article` (licence, origin, publisher …) for documents that bring
    none themselves; every article needs a licence and an origin. With ``withhold`` the article
    is stored without its text, as metadata and fingerprints of its sentences. Pages are kept in
    the project's state folder and fetched anew with ``refresh``; private addresses are refused
    unless ``allow_private``. Taking the same in again changes nothing, so that a run that was
    interrupted is simply repeated.

    Raises:
        BadInput: when the corpus that is there cannot be read.
    """
    for folder in (project.articles, project.sentences.parent):
        remove_stale(folder)
    rows = list(load_jsonl(project.sentences, Sentence)) if project.sentences.exists() else []
    known = KnownTexts(load_articles(project), rows)
    writer = _Writer(project, rows)
    taken: list[Taken] = []
    skipped: list[Skipped] = []
    refused: list[Refusal] = []
    found = _documents(
        sources,
        project,
        limits=limits or Limits(),
        allow_private=allow_private,
        refresh=refresh,
    )
    with Extractor() as extractor:
        drafter = Drafter(defaults or {}, extractor)
        intake = _Intake(known, drafter, withhold=withhold, keep_near_copies=keep_near_copies)
        for document in track(found, "taking articles in"):
            if isinstance(document, Refusal):
                refused.append(document)
                continue
            try:
                decision = intake.decide(document)
            except ClaimtypesError as error:
                refused.append(Refusal(document.where, str(error), error.hint or _MEND_IT))
                continue
            if isinstance(decision, Skipped):
                skipped.append(decision)
            else:
                writer.add(*decision)
                taken.append(Taken(decision[0].id, document.where, decision[0].title))
        writer.flush()
    return Ingestion(tuple(taken), tuple(skipped), tuple(refused))
