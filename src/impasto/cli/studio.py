"""``impasto studio``: serve the page and the API."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.extras import needs_extra
from impasto.cli.from_options import options_from
from impasto.serve.options import StudioOptions, is_loopback

__all__ = ["command"]

EXAMPLES = """\b
Examples:
  impasto studio
  impasto studio --port 8080 --no-browser
  impasto studio --host 0.0.0.0 --allow-host studio.example.org
  impasto studio --processes 4 --painters 2 --no-browser
"""


@click.command("studio", epilog=EXAMPLES)
@options_from(StudioOptions)
@click.option("--no-browser", is_flag=True, help="Open no browser.")
def command(*, no_browser: bool, **given: Any) -> int:
    """Serve a page to paint on, and the API that it uses, on this machine.

    Where others can reach the address, a token is demanded; it is printed as a part of the address to open. Ctrl-C ends
    the server.
    """
    options = StudioOptions(**given)
    with needs_extra("serve", "the studio"):
        from impasto.serve.launch import Launch
    launch = Launch(options)
    if options.no_auth and not is_loopback(options.host):
        click.echo("impasto: --no-auth: whoever reaches this address can use the server", err=True)
    click.echo(f"Impasto studio: {launch.address}")
    launch.run(open_browser=not no_browser)
    return 0
