"""``impasto studio``: one line, a server, a clean end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from impasto.cli.main import main


@pytest.fixture
def studio(tmp_path, toy_model):
    """Starts the command; gives the process and its address."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "impasto", "studio", "--no-browser", "--port", "0", "--painters", "1"]
        process = subprocess.Popen(
            [*command, "--model", str(toy_model), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        )
        started.append(process)
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + process.stderr.read()
        return process, found[0]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answer_of(address, path, **request):
    for _ in range(600):
        try:
            answer = httpx.get(address.partition("?")[0].rstrip("/") + path, **request)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if answer.status_code != 503:
            return answer
        time.sleep(0.1)
    raise AssertionError("no answer")


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_and_ends_cleanly(studio, tmp_path, number):
    process, address = studio()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    assert answer_of(address, "/readyz").json() == {"status": "ready"}
    assert list(tmp_path.glob("impasto-studio-*"))
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert not list(tmp_path.glob("impasto-studio-*"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_several_processes_share_jobs_and_styles(studio, photo_file, tmp_path):
    process, address = studio("--processes", "2")
    answer_of(address, "/readyz")
    job = httpx.post(
        f"{address}v1/jobs", data={"kind": "stylize", "style": "dusk"}, files={"content": photo_file}, timeout=60
    ).json()
    states = set()
    for _ in range(600):  # new connections, of which either process takes some
        states.add(httpx.get(f"{address}v1/jobs/{job['id']}").json()["state"])
        if "done" in states:
            break
        time.sleep(0.1)
    assert "done" in states
    assert {httpx.get(f"{address}v1/jobs/{job['id']}/result").status_code for _ in range(8)} == {200}
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not list(tmp_path.glob("impasto-studio-*"))


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_jobs_outlast_a_server_that_is_killed(studio, photo_file, tmp_path):
    def send():
        files = {"content": photo_file}
        return httpx.post(
            f"{address}v1/jobs", data={"kind": "stylize", "style": "dusk"}, files=files, timeout=60
        ).json()

    def listed():
        return {job["id"]: job for job in httpx.get(f"{address}v1/jobs").json()["jobs"]}

    stale = tmp_path / "impasto-studio-stale"
    stale.mkdir(mode=0o700)
    (stale / "server.json").write_text(json.dumps({"owner": f"{socket.gethostname()}:{2**22 + 1}:1", "address": None}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process, address = studio("--port", port)
    assert not stale.exists()
    answer_of(address, "/readyz")
    done = send()
    while listed()[done["id"]]["state"] != "done":
        time.sleep(0.05)
    begun = send()
    process.kill()
    process.wait()
    _, address = studio("--port", port)
    answer_of(address, "/readyz")
    jobs = listed()
    assert httpx.get(f"{address}{jobs[done['id']]['result'][1:]}").content.startswith(b"\xff\xd8")
    assert (jobs[begun["id"]]["state"], jobs[begun["id"]]["interrupted"]) == ("failed", True)
    assert "interrupted" in jobs[begun["id"]]["error"]
    assert len(list(tmp_path.glob("impasto-studio-*"))) == 1


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_others_need_the_token_that_is_printed(studio):
    _, address = studio("--host", "0.0.0.0")
    token = re.search(r"\?token=(\S{32})$", address)[1]
    assert answer_of(address, "/v1/styles").status_code == 401
    assert answer_of(address, "/v1/styles", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "x"], "not a valid integer"),
        (["--token", "short"], "the token has 5 characters"),
        (["--host", "no.such.host.invalid"], "cannot listen at"),
        (["--model", "nowhere"], "there is no model named 'nowhere'"),
        (["--jobs", "0"], "jobs is 0"),
    ],
)
def test_what_cannot_be_served_is_one_line(arguments, words, capsys):
    assert main(["studio", "--no-browser", "--port", "0", *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1


def test_without_the_extra_it_says_how_to_install_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "impasto.serve.launch", raising=False)
    assert main(["studio", "--no-browser"]) == 2
    assert "pip install 'impasto[serve]'" in capsys.readouterr().err
