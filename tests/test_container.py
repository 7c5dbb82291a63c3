"""What the Dockerfile and the compose file rely on is there; neither is built here."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from impasto.cli.studio import command

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def flags_of_the_studio():
    return set(re.findall(r"--[a-z-]+", CliRunner().invoke(command, ["--help"]).output))


def test_what_is_copied_exists_and_is_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE) for name in line.split()[:-1]
    }
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_as_nobody_in_particular_and_says_whether_it_lives():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001"]
    assert "/healthz" in DOCKERFILE.partition("HEALTHCHECK")[2]
    assert "read_only: true" in COMPOSE


def test_the_commands_are_the_studios():
    (started,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    given = [*json.loads(started), *re.findall(r"^      - (--\S+)", COMPOSE, re.MULTILINE)]
    assert given[0] == "studio"
    assert {one.partition("=")[0] for one in given if one.startswith("--")} <= flags_of_the_studio()
