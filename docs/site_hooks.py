"""What the site adds to the pages: links to files outside docs/ become plain text, as the site holds pages only."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+(?!docs/)[^)]*)\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Replace ``[text](../file)`` by the text, if the file lies above ``docs``."""
    depth = page.file.src_uri.count("/")

    def plain(link: re.Match[str]) -> str:
        above = link[2].count("../") > depth
        return link[1] if above else link[0]

    return _OUTSIDE.sub(plain, markdown)
