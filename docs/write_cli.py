"""Write docs/cli.md, which shows the help of every verb: python docs/write_cli.py. A test fails when it is stale."""

from __future__ import annotations

import os
import re
from pathlib import Path

PAGE = Path(__file__).parent / "cli.md"
HEAD = """# The command line

This page is what `--help` prints. `python docs/write_cli.py` writes it.

Exit codes: 0 done, 1 some of several inputs failed, 2 bad usage or input, 130 interrupted.
"""


def page() -> str:
    """The page's text, 100 columns wide whatever the terminal."""
    import click

    from impasto.cli.main import VERBS
    from impasto.cli.main import impasto as cli

    def shown(command: click.Command, context: click.Context) -> str:
        text = re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.MULTILINE)
        return f"\n```text\n{text.strip()}\n```\n"

    os.environ.pop("COLUMNS", None)
    whole = click.Context(cli, info_name="impasto", terminal_width=100, max_content_width=100)
    parts = [HEAD, shown(cli, whole)]
    for verb in VERBS:
        command = cli.get_command(whole, verb)
        assert command is not None
        context = click.Context(command, parent=whole, info_name=verb, terminal_width=100, max_content_width=100)
        parts += [f"\n## impasto {verb}\n", shown(command, context)]
        for name, below in sorted(getattr(command, "commands", {}).items()):
            inner = click.Context(below, parent=context, info_name=name, terminal_width=100, max_content_width=100)
            parts += [f"\n### impasto {verb} {name}\n", shown(below, inner)]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
