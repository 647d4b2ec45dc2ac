"""The options by which a command reads a table of labelled texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from claimtypes.models.tables import Columns

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--data", type=click.Path(exists=True, dir_okay=False), help="A table of texts."),
    click.option("--text-column", default="", help="The column of texts; else text, sentence, …."),
    click.option("--labels-column", default="", help="The column of labels; else label, …."),
    click.option("--label-columns", default="", help="Columns of 0 and 1, one a label: A,B,C."),
    click.option(
        "--label-names", type=click.Path(exists=True), help="A file of names, one a line."
    ),
    click.option("--separator", default=",", show_default=True, help="Between labels in a cell."),
    click.option("--none-label", default="", help="What a cell says where no label applies."),
    click.option("--id-column", default="", help="The column of unique ids."),
    click.option("--group-column", default="", help="The column of what must stay together."),
    click.option("--split-column", default="", help="It says train, validation or test."),
    click.option("--annotator-column", default="", help="The column of who chose the labels."),
    click.option("--annotator-columns", default="", help="Labels by annotator: A,B,C."),
    click.option("--no-header", is_flag=True, help="Columns have no names: call them 1, 2, 3."),
)


def table_options(command: F) -> F:
    """Give a command the options that say how a table is read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def columns_of(options: dict[str, Any], names: Sequence[str] = ()) -> Columns:
    """Return what the options say; ``names`` are the labels where no file of them is given."""
    path = options["label_names"]
    given = tuple(Path(path).read_text(encoding="utf-8").splitlines()) if path else tuple(names)
    return Columns(
        text=options["text_column"],
        labels=options["labels_column"],
        label_columns=tuple(filter(None, options["label_columns"].split(","))),
        names=given,
        separator=options["separator"],
        id=options["id_column"],
        group=options["group_column"],
        none=options["none_label"],
        split=options["split_column"],
        annotator=options["annotator_column"],
        annotator_columns=tuple(filter(None, options["annotator_columns"].split(","))),
        header=not options["no_header"],
    )
