"""Write docs/commands.md from the commands' own help; ``--check`` fails when it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from claimtypes.cli import VERBS, cli
from claimtypes.store import write_text

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"


def sections(command: click.Command, name: str) -> list[str]:
    """The command's help and that of its subcommands, each under a heading."""
    context = click.Context(command, info_name=name, terminal_width=88, max_content_width=88)
    found = [f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            child = command.get_command(context, verb)
            if child:
                found += sections(child, f"{name} {verb}")
    return found


def render() -> str:
    """The whole page."""
    context = click.Context(cli)
    parts = [
        "# Commands\n\nWritten by `scripts/document_commands.py` from the commands' own help.\n"
    ]
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command
        parts += sections(command, f"claimtypes {verb}")
    return "\n".join(parts)


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == render() else "docs/commands.md is stale")
    write_text(PAGE, render())
