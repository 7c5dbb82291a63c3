"""Ask a running `impasto studio` for a pastiche: python client.py http://127.0.0.1:7860 photo.jpg udnie out.jpg."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx

server, photo, style, target = sys.argv[1:]
with Path(photo).open("rb") as content:
    answer = httpx.post(f"{server}/v1/stylize", files={"content": content}, data={"style": style}, timeout=60)
if answer.is_error:
    sys.exit(f"{answer.status_code}: {answer.text}")
Path(target).write_bytes(answer.content)
