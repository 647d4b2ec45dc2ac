"""The command line: one short module a verb group; parses, calls, prints, nothing else."""

from __future__ import annotations

import importlib
import os
import sys

import click

from claimtypes import __version__
from claimtypes.cli.output import console, show_progress
from claimtypes.errors import ClaimtypesError
from claimtypes.progress import shown_by

VERBS: dict[str, tuple[str, str]] = {
    "init": ("project", "Make a new project folder."),
    "run": ("project", "Run the whole chain; unchanged steps are skipped."),
    "ingest": ("corpus", "Take articles in."),
    "segment": ("corpus", "Cut articles into sentences."),
    "check": ("check", "Check the whole project; every finding has an id."),
    "hydrate": ("check", "Find withheld sentences in your own copies."),
    "split": ("check", "Draw train, validation and test without leaks."),
    "studio": ("studio", "Run Label Studio for the project, on this machine."),
    "push": ("studio", "Make a round's tasks in Label Studio, once."),
    "pull": ("studio", "Take a round's annotations in; name what is irregular."),
    "score": ("labelling", "Let the least certain tasks of a round come first."),
    "serve": ("labelling", "Serve a model to Label Studio."),
    "status": ("labelling", "Show how far the rounds have come."),
    "sheets": ("sheets", "Read a round on sheets, without a server."),
    "agree": ("agreement", "Measure inter-annotator agreement."),
    "audit": ("adjudication", "Find what is wrong with the judgements."),
    "adjudicate": ("adjudication", "Queue third readings and read them on sheets."),
    "gold": ("adjudication", "Derive the gold labels and say how each came about."),
    "train": ("models", "Train a recipe on a release."),
    "evaluate": ("evaluation", "Score a model and write its report."),
    "compare": ("evaluation", "Compare models with paired tests."),
    "benchmark": ("benchmark", "Train and score recipes on any table of texts."),
    "predict": ("models", "Label text with a trained model."),
    "package": ("models", "Package a trained model for publishing."),
    "release": ("release", "Build, verify, diff and publish releases."),
}
"""Each verb's module and one-line help; modules load only when their verb is asked for."""


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in VERBS:
            return None
        module = importlib.import_module(f"claimtypes.cli.{VERBS[name][0]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in VERBS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="claimtypes")
def cli() -> None:
    """Make and use sentence-level claim corpora: ingest, annotate, agree, release, train."""


def main() -> None:
    """Run the command line; exit 0 for done, 1 for findings, 2 for what could not be done."""
    try:
        with shown_by(show_progress):
            # Out of standalone mode click returns the code given to Context.exit.
            code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except ClaimtypesError as error:
        _complain(str(error), error.hint)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _complain("stopped; nothing was left half-written", "run the same command again")
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away; writing to a closed pipe at exit would only raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _complain(f"{error.strerror or error}{where}", "check space and permissions, then retry")
        sys.exit(2)


def _complain(message: str, hint: str) -> None:
    # Unwrapped: a path that is cut by a line break can be neither copied nor searched for.
    console.print(
        f"error: {message}", style="bold red", markup=False, highlight=False, soft_wrap=True
    )
    if hint:
        console.print(f"  try: {hint}", markup=False, highlight=False, soft_wrap=True)
