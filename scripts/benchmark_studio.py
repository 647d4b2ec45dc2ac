"""Push and pull 10,000 sentences through a real Label Studio, failures included, and time it.

Prints a table; exits with 1 where a task was lost or doubled. Beside the time passed stands the
processor time of client and server together: on a machine with nothing else to do they are alike.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(REPOSITORY / "tests" / "annotation" / "studio"))

from fault_proxy import fault_proxy  # noqa: E402

from claimtypes.annotation.exchange import pull, push  # noqa: E402
from claimtypes.annotation.studio import connect, down, up  # noqa: E402
from claimtypes.annotation.studio_client import StudioError  # noqa: E402
from claimtypes.annotation.studio_projects import count_tasks, find_project, mark  # noqa: E402
from claimtypes.annotation.studio_record import load_studio  # noqa: E402
from claimtypes.annotation.studio_tasks import load_plan  # noqa: E402
from claimtypes.corpus.articles import dump_article, join_blocks  # noqa: E402
from claimtypes.corpus.segment import segment_project  # noqa: E402
from claimtypes.project import Project  # noqa: E402
from claimtypes.records import Article  # noqa: E402
from claimtypes.store import sha256_bytes  # noqa: E402

READER = "reader-a"
PER_ARTICLE = 100


def make_project(root: Path, sentences: int) -> Project:
    """Make a project with a schema, guidelines and as many sentences as asked for."""
    shutil.copytree(REPOSITORY / "tests" / "data" / "tiny", root)
    (root / "annotation" / "rounds" / "first.jsonl").unlink()
    (root / "corpus" / "sentences.jsonl").unlink()
    shutil.rmtree(root / "corpus" / "articles")
    project = Project(root)
    for number in range(sentences // PER_ARTICLE):
        title = f"Article {number}"
        lines = [("title", title)]
        for paragraph in range(PER_ARTICLE // 5):
            said = [
                f"The embassy of Veldria denied claim {number}-{paragraph}-{n}, its officers said, "
                "and the court in Osmark opened an inquiry into the visits at night."
                for n in range(5)
            ]
            lines.append(("paragraph", " ".join(said)))
        text, blocks = join_blocks(lines)
        article = Article(
            id=f"article-{number:03}", title=title, publisher="P", url="", published="2022-02-02",
            retrieved="", language="en", licence="CC-BY-4.0", origin="written-for-this-corpus",
            sha256=sha256_bytes(text.encode()), text=text, blocks=blocks,
        )  # fmt: skip
        dump_article(project, article)
    segment_project(project)
    return project


def count(project: Project, name: str) -> int:
    client = connect(project)
    there = find_project(client, mark(project, name, READER))
    return count_tasks(client, project=there["id"]) if there else 0


Taken = tuple[float, float]
"""Seconds passed, and seconds of processor time."""


def add(one: Taken, other: Taken) -> Taken:
    return one[0] + other[0], one[1] + other[1]


def processor_seconds(pid: int) -> float:
    """Return the processor time of this process and of a server, which may be gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
    except OSError:
        ticks = 0
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def annotate_all(project: Project, name: str) -> None:
    """Give every task its decision by import: what is measured here is the pull."""
    client = connect(project)
    there = find_project(client, mark(project, name, READER))
    users = client.get("/api/users/")
    reader = next(u["id"] for u in users if u["email"].startswith(READER))
    value = {"from_name": "claim", "to_name": "sentence", "type": "choices",
             "value": {"choices": ["official_denial"]}}  # fmt: skip
    plan = load_plan(project, name)
    tasks = list(client.pages("/api/tasks", project=there["id"], fields="task_only",
                              include="id,data,meta"))  # fmt: skip
    assert len(tasks) == len(plan.tasks)
    client.send("POST", "/api/dm/actions", {"selectedItems": {"all": True, "excluded": []},
                "ordering": [], "filters": {"conjunction": "and", "items": []}},
                id="delete_tasks", project=there["id"])  # fmt: skip
    rows = [
        {"data": t["data"], "meta": t["meta"],
         "annotations": [{"result": [value], "completed_by": reader, "lead_time": 3.0}]}
        for t in tasks
    ]  # fmt: skip
    for at in range(0, len(rows), 1000):
        client.send("POST", f"/api/projects/{there['id']}/import", rows[at : at + 1000])


class Bench:
    """What was measured so far, and whether every count was right."""

    def __init__(self, project: Project, wanted: int) -> None:
        self.project, self.wanted, self.faults = project, wanted, 0

    def note(self, what: str, taken: Taken, there: int, more: str = "") -> None:
        self.faults += there != self.wanted
        rates = " ".join(f"{s:7.1f} s {self.wanted / s:6.0f}/s" for s in taken)
        sys.stdout.write(f"{what:<28} {rates} {there:8} {more}\n")
        sys.stdout.flush()

    def timed(self, work: Callable[[], Any]) -> tuple[Taken, Any]:
        pid = load_studio(self.project).pid
        began, spent = time.monotonic(), processor_seconds(pid)
        try:
            value = work()
        except StudioError as error:
            value = error
        return (time.monotonic() - began, processor_seconds(pid) - spent), value

    def push(self, name: str) -> tuple[Taken, Any]:
        return self.timed(lambda: push(self.project, name, annotators=[READER], design="sentence"))

    def plain(self, name: str) -> None:
        taken, _ = self.push(name)
        self.note("push", taken, count(self.project, name))
        taken, pushed = self.push(name)
        self.note("second push", taken, count(self.project, name), f"{pushed.made} made")

    def through(self, fault: str) -> None:
        """Push until it is done, while every third import fails after the server kept it."""
        studio, seen = load_studio(self.project), itertools.count()

        def strike(_method: str, path: str, _number: int) -> str:
            return fault if path.count("/import") and next(seen) % 3 == 1 else ""

        taken, tries, pushed = (0.0, 0.0), 0, None
        with fault_proxy(studio.url, strike) as url:
            os.environ |= {"CLAIMTYPES_STUDIO_URL": url, "CLAIMTYPES_STUDIO_TOKEN": studio.token}
            while pushed is None or isinstance(pushed, StudioError):
                more, pushed = self.push(f"pilot-{fault}")
                taken, tries = add(taken, more), tries + 1
            del os.environ["CLAIMTYPES_STUDIO_URL"], os.environ["CLAIMTYPES_STUDIO_TOKEN"]
        there = count(self.project, f"pilot-{fault}")
        self.note(f"push through {fault}", taken, there, f"{tries} pushes")

    def killed(self, name: str, after: float) -> None:
        pid = load_studio(self.project).pid
        killer = threading.Timer(after, lambda: os.killpg(pid, signal.SIGKILL))
        killer.start()
        lost, pushed = self.push(name)
        killer.join()
        up(self.project)
        before = count(self.project, name)
        more, _ = self.push(name)
        survived = "" if isinstance(pushed, StudioError) else ", too late"
        said = f"{before} there after kill -9 at {lost[0]:.1f} s{survived}"
        self.note("then pushed again", more, count(self.project, name), said)

    def pulled(self, name: str) -> None:
        annotate_all(self.project, name)
        for what, whole in (("pull", True), ("second pull", False)):
            taken, found = self.timed(lambda: pull(self.project, name, whole=whole))  # noqa: B023
            said = f"{found.added} added, {len(found.findings)} findings"
            self.note(what, taken, found.added + found.known, said)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=10_000)
    wanted = parser.parse_args().sentences
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "project", wanted)
        try:
            up(project, annotators=[READER])
            bench = Bench(project, wanted)
            bench.plain("pilot-plain")
            bench.through("502-after")
            bench.through("drop-after")
            bench.killed("pilot-killed", after=wanted / 2000)
            bench.pulled("pilot-plain")
        finally:
            down(project)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak memory of the client: {peak:.0f} MiB\n")
    return int(bool(bench.faults))


if __name__ == "__main__":
    sys.exit(main())
