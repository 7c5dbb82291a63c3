"""``/v1/jobs``: begun, followed, cancelled, tried again when their process dies."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from dataclasses import replace

import numpy as np
import pytest

from impasto.inference.codes import differences_of
from impasto.serve.errors import Refused
from impasto.serve.job_store import JobRecord, JobStore
from impasto.serve.tasks import Encoded
from impasto.serve.works import LearnWork
from impasto.training.learn_options import LearnOptions
from impasto.weights.style_file import unpack_style

STYLIZE = {"kind": "stylize", "style": "udnie"}


def events_of(server, job):
    """All events of a job until it ends."""
    found = []
    with server.client.stream("GET", f"/v1/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = None
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
    return found


def killed(pids):
    """Kill the first process that there is."""
    until = time.monotonic() + 60
    while not (found := [pid for pid in pids() if pid is not None]):
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(found[0], signal.SIGKILL)
    return found[0]


def test_a_picture_is_painted_and_its_job_followed(server, photo_file, files):
    job = server.job(data=STYLIZE | {"size": "200", "format": "png"}, files={"content": photo_file})
    assert set(job) == {
        *("id", "kind", "state", "progress", "message", "eta_seconds", "preview", "result", "error"),
        *("interrupted", "created", "styles", "media_type"),
    }
    events = events_of(server, job)
    assert {name for name, _ in events} == {"job"}
    assert [told["state"] for _, told in events][-1] == "done"
    last = events[-1][1]
    assert (last["progress"], last["error"]) == (1.0, None)
    answer = server.client.get(last["result"])
    assert answer.headers["content-type"] == "image/png"
    assert files[1](answer.content).shape == (150, 200, 3)
    left = sorted(path.name for path in server.studio.jobs.folder(job["id"]).iterdir())
    assert left == ["job.json", "result.png"]
    assert server.client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert server.client.get(last["result"]).status_code == 404
    assert server.client.get(f"/v1/jobs/{job['id']}").status_code == 404


def test_a_film_is_painted_with_a_preview(server, tmp_path, draw):
    av = pytest.importorskip("av")
    pytest.importorskip("cv2")
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for seed in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(draw(seed, 64, 96), format="rgb24")))
        container.mux(stream.encode(None))
    job = server.job(data={"kind": "video", "style": "udnie", "steady": "0"}, files={"content": path.read_bytes()})
    last = events_of(server, job)[-1][1]
    assert (last["state"], last["error"]) == ("done", None)
    answer = server.client.get(last["result"], headers={"Range": "bytes=0-11"})
    assert (answer.status_code, answer.content[4:8]) == (206, b"ftyp")
    assert server.client.get(last["preview"]).content.startswith(b"\xff\xd8")
    (tmp_path / "painted.mp4").write_bytes(server.client.get(last["result"]).content)
    with av.open(str(tmp_path / "painted.mp4")) as container:
        assert len(list(container.decode(video=0))) == 8


@pytest.mark.slow
def test_a_picture_emerges_by_optimisation(server, photo_file, artwork_file):
    pytest.importorskip("torch")
    style = server.client.post("/v1/styles", files={"picture": artwork_file}).json()["name"]
    job = server.job(
        data={"kind": "optimize", "style": style, "steps": "2", "size": "32", "color": "photo-luminance"},
        files={"content": photo_file},
    )
    events = events_of(server, job)
    last = events[-1][1]
    assert (last["state"], last["error"]) == ("done", None)
    assert server.client.get(last["preview"]).content.startswith(b"\xff\xd8")
    assert server.client.get(last["result"]).content.startswith(b"\xff\xd8")


@pytest.mark.slow
def test_a_painting_is_refined_where_the_mask_is_light(server, photo_file, artwork_file, files):
    pytest.importorskip("torch")
    before = server.client.post("/v1/stylize", data={"style": "udnie", "format": "png"}, files={"content": photo_file})
    height, width = files[1](before.content).shape[:2]
    half = np.zeros((height, width), np.uint8)
    half[:, width // 2 :] = 255
    style = server.client.post("/v1/styles", files={"picture": artwork_file}).json()["name"]
    job = server.job(
        data={"kind": "optimize", "style": style, "steps": "2", "size": "48", "feather": "0", "format": "png"},
        files={"content": photo_file, "init": before.content, "mask": files[0](half)},
    )
    last = server.wait_for(job, "done", "failed")
    assert (last["error"], last["message"]) == (None, "2 steps")
    changed = files[1](server.client.get(last["result"]).content) != files[1](before.content)
    assert changed.shape[:2] == (height, width)
    assert not changed[:, : width // 2].any()
    assert changed[:, width // 2 :].mean() > 0.3


@pytest.fixture
def own_style(server, artwork_file, made_up_style):
    """The name of an own style that is not learnt."""
    own = server.studio.styles.own
    return own.add(Encoded(made_up_style.numbers, artwork_file, b""), title="Mine", client="127.0.0.1").name


def given(server, monkeypatch, fields, photo_file):
    """The work of a job of learning that is not run."""
    works = []
    monkeypatch.setattr(server.studio.runner, "give", lambda _, work: works.append(work))
    job = server.job(data={"kind": "learn"} | fields, files={"content": photo_file})
    server.client.delete(f"/v1/jobs/{job['id']}")
    return works[0]


class TestLearning:
    @pytest.mark.slow
    def test_an_own_style_is_learnt_and_takes_the_old_ones_place(self, server, own_style, photo_file):
        pytest.importorskip("torch")
        studio = server.studio
        tiny = LearnOptions(steps=2, crop=64, practice=2, style_size=128, rank=4, warm_up=1, learning_rate=0.05)
        own = studio.styles.own
        work = LearnWork("default", own, own_style, "Mine", own.picture(own_style), tiny, studio.max_pixels, 60)
        job = studio.jobs.add("learn", "me")
        (studio.jobs.folder(job.id) / "content").write_bytes(photo_file)
        studio.runner.give(job, work)
        last = events_of(server, {"id": job.id})[-1][1]
        assert (last["state"], last["error"], last["message"]) == ("done", None, "learnt in 2 steps")
        assert server.client.get(last["preview"]).content.startswith(b"\xff\xd8")
        kept = unpack_style(server.client.get(last["result"]).content)
        assert (kept.about["title"], kept.about["learnt"]["steps"]) == ("Mine", 2)
        ((difference, share),) = differences_of(own.code(own_style))
        assert (difference.digest, share) == (kept.code.differences[0][0].digest, 1)
        (listed,) = [one for one in server.client.get("/v1/styles").json()["styles"] if one["name"] == own_style]
        assert (listed["title"], listed["learnt"]) == ("Mine", True)

    def test_five_minutes_unless_it_is_told_otherwise(self, server, own_style, photo_file, artwork_file, monkeypatch):
        work = given(server, monkeypatch, {"style": own_style}, photo_file)
        assert (work.name, work.title, work.picture, work.options.minutes) == (own_style, "Mine", artwork_file, 5)
        fields = {"style": own_style, "steps": "7", "style_size": "300", "style_weight": "3"}
        options = given(server, monkeypatch, fields, photo_file).options
        assert (options.steps, options.minutes, options.style_size, options.style_weight) == (7, None, 300, 3)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"style": "udnie"}, "learning takes one style that you added"),
            ({"style": ["OWN", "OWN"]}, "learning takes one style that you added"),
            ({"style": "own-" + "a" * 22}, "there is no style"),
            ({"minutes": "31"}, "minutes is 31, expected at most 30"),
            ({"minutes": "5", "steps": "5"}, "steps and minutes were both given"),
            ({"strength": "0.5"}, "strength has no meaning"),
            ({"style_scale": "2"}, "style_scale has no meaning"),
            ({"style_size": "100"}, "style_size"),
        ],
    )
    def test_what_cannot_be_learnt(self, server, own_style, photo_file, fields, words):
        data = {"kind": "learn", "style": "OWN"} | fields
        names = data["style"] if isinstance(data["style"], list) else [data["style"]]
        data["style"] = [own_style if name == "OWN" else name for name in names]
        answer = server.client.post("/v1/jobs", data=data, files={"content": photo_file})
        assert answer.status_code == 422
        assert words in answer.json()["error"]

    def test_without_what_it_needs_the_model_says_what_to_install(self, server, own_style, photo_file, monkeypatch):
        assert server.client.get("/v1/models/default").json()["cannot_learn"] is None
        monkeypatch.setitem(__import__("impasto.serve.job_forms", fromlist=["x"]).NEEDS, "learn", ("no_such_package",))
        sentence = server.client.get("/v1/models/default").json()["cannot_learn"]
        assert "pip install 'impasto[train]'" in sentence
        answer = server.client.post(
            "/v1/jobs", data={"kind": "learn", "style": own_style}, files={"content": photo_file}
        )
        assert (answer.status_code, answer.json()["error"]) == (501, sentence)


PLAYLIST = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("fields", "content", "status", "words"),
    [
        ({"kind": "film"}, None, 422, "kind is 'film'"),
        ({"kind": "stylize"}, b"text", 415, "content is no JPEG"),
        ({"kind": "video"}, b"text", 415, "content is no film"),
        ({"kind": "video"}, PLAYLIST, 415, "content is no film"),
        ({"kind": "video"}, b"ffconcat version 1.0\nfile /etc/passwd\n", 415, "content is no film"),
        ({"kind": "video"}, None, 415, "content is no film"),
        ({"kind": "optimize"}, None, 422, "a preset, of which there is no picture"),
        ({"kind": "optimize", "size": "4000"}, None, 422, "size is 4000, expected at most 256"),
        ({"kind": "optimize", "minutes": "9999"}, None, 422, "minutes is 9999"),
        ({"kind": "optimize", "strength": "0.5"}, None, 422, "strength has no meaning"),
        ({"kind": "stylize", "steps": "5"}, None, 422, "steps has no meaning"),
        ({"kind": "stylize", "init": True}, None, 422, "init has no meaning"),
        ({"kind": "stylize", "style": "nobody"}, None, 422, "there is no style"),
    ],
)
def test_what_cannot_begin(server, photo_file, fields, content, status, words):
    given = {"content": photo_file if content is None else content}
    if "init" in fields:
        given["init"] = photo_file
    fields = {"style": "udnie"} | {name: value for name, value in fields.items() if name != "init"}
    answer = server.client.post("/v1/jobs", data=fields, files=given)
    assert answer.status_code == status
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("fields", "content", "words"),
    [
        ({"kind": "stylize", "size": "5000"}, None, "more than the 2,000,000 allowed"),
        ({"kind": "stylize"}, b"\x89PNG\r\n\x1a\n" + bytes(50), "cannot read content"),
        ({"kind": "video"}, b"\0\0\0\x18ftypmp42" + bytes(200), "cannot read content.mp4"),
    ],
)
def test_what_cannot_be_done_fails_with_a_sentence_that_names_no_folder(server, photo_file, fields, content, words):
    pytest.importorskip("av")
    files = {"content": photo_file if content is None else content}
    job = server.wait_for(server.job(data={"style": "udnie"} | fields, files=files), "failed")
    assert words in job["error"]
    assert str(server.studio.jobs.folder(job["id"]).parent) not in job["error"]
    assert job["result"] is None
    assert server.client.get(f"/v1/jobs/{job['id']}/result").status_code == 404


def test_without_what_it_needs_a_job_is_not_begun(server, photo_file, monkeypatch):
    monkeypatch.setitem(__import__("impasto.serve.job_forms", fromlist=["x"]).NEEDS, "optimize", ("no_such_package",))
    answer = server.client.post("/v1/jobs", data={"kind": "optimize", "style": "udnie"}, files={"content": photo_file})
    assert answer.status_code == 501
    assert "pip install 'impasto[train]'" in answer.json()["error"]


def test_jobs_are_listed_to_who_sent_them_the_newest_first(server, photo_file):
    answer = server.client.post("/v1/jobs", data=STYLIZE, files={"content": photo_file})
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    older = server.wait_for(answer.json(), "done")
    newer = server.job(data=STYLIZE | {"style": ["udnie", "trellis:2"]}, files={"content": photo_file})
    server.studio.jobs.add("stylize", "another address")
    newer = server.wait_for(newer, "done")
    listed = server.client.get("/v1/jobs").json()["jobs"]
    assert [one for one in listed if one["id"] in (older["id"], newer["id"])] == [newer, older]
    assert newer["styles"] == ["udnie", "trellis"]
    assert newer["media_type"] == "image/jpeg"
    assert len(listed) == len([one for one in server.studio.jobs._all() if one.client == "127.0.0.1"])
    for job in (older, newer):
        server.client.delete(f"/v1/jobs/{job['id']}")


def test_a_browser_is_told_that_a_job_is_gone(server, photo_file):
    assert server.client.get(f"/v1/jobs/{'a' * 22}/events").status_code == 404
    with server.client.stream("GET", f"/v1/jobs/{'a' * 22}/events", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
        text = answer.read().decode()
    event, data = text.strip().split("\n")
    assert event == "event: gone"
    assert "there is no such job" in json.loads(data.removeprefix("data: "))["error"]
    assert server.client.head(f"/v1/jobs/{'a' * 22}/events").status_code == 404


@pytest.mark.parametrize("job", ["..", "a" * 22, "..%2F..%2Fetc", "%00" * 22, "." * 22])
def test_no_such_job(server, job):
    for path in (f"/v1/jobs/{job}", f"/v1/jobs/{job}/result", f"/v1/jobs/{job}/preview", f"/v1/jobs/{job}/events"):
        assert server.client.get(path).status_code == 404
    assert server.client.delete(f"/v1/jobs/{job}").status_code in (404, 405)


def test_a_job_whose_process_dies_is_tried_again(server, photo_file):
    job = server.job(data=STYLIZE, files={"content": photo_file})
    killed(lambda: server.studio.runner.pids)
    assert server.wait_for(job, "done", "failed")["state"] == "done"


def test_a_job_that_kills_twice_is_given_up_and_the_next_one_runs(server, photo_file):
    job = server.job(data=STYLIZE, files={"content": photo_file})
    first = killed(lambda: server.studio.runner.pids)
    killed(lambda: [pid for pid in server.studio.runner.pids if pid != first])
    assert "two processes died" in server.wait_for(job, "failed", "done")["error"]
    job = server.job(data=STYLIZE, files={"content": photo_file})
    assert server.wait_for(job, "done", "failed")["state"] == "done"


def test_running_and_waiting_jobs_are_cancelled(server, photo_file):
    running, waiting = (server.job(data=STYLIZE, files={"content": photo_file}) for _ in range(2))
    for job in (waiting, running):
        assert server.client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert server.wait_for(waiting, "cancelled")["error"] is None
    server.wait_for(running, "cancelled", "done")
    while server.studio.runner.pids:
        time.sleep(0.01)
    assert server.wait_for(waiting, "cancelled")["result"] is None


@pytest.fixture
def store(tmp_path):
    return JobStore(tmp_path / "jobs", most=3, most_per_client=2, seconds=1000, most_bytes=100)


def test_jobs_are_limited_for_each_client_and_together(store):
    jobs = [store.add("stylize", "me"), store.add("stylize", "me")]
    with pytest.raises(Refused) as mine:
        store.add("stylize", "me")
    store.add("stylize", "you")
    with pytest.raises(Refused) as all_of_us:
        store.add("stylize", "they")
    assert (mine.value.status, all_of_us.value.status) == (429, 503)
    assert mine.value.retry_after > 0
    store.write(replace(jobs[0], state="done"))
    store.add("stylize", "me")


def test_results_expire_and_the_oldest_make_room(store):
    jobs = []
    for age in (3, 2, 1):
        job = store.add("stylize", f"client {age}")
        (store.folder(job.id) / "result.png").write_bytes(b"x" * 30)
        store.write(replace(job, state="done", result="result.png"))
        os.utime(store.folder(job.id), (time.time() - age, time.time() - age))
        jobs.append(job)
    store._most_bytes = 30 + 400  # of files that are mostly their own description
    store.sweep()
    assert not store.folder(jobs[0].id).exists()
    assert store.read(jobs[2].id).state == "done"
    store._seconds = -1
    store.sweep()
    assert store._all() == []


def test_a_job_of_a_server_that_died_is_reported(store):
    job = store.add("stylize", "me")
    dead = 2**22 + 1  # beyond the largest number of a process
    store.write(JobRecord(job.id, "stylize", "me", f"{socket.gethostname()}:{dead}", state="running"))
    assert store.count_open() == 0
    found = store.read(job.id)
    assert found.state == "failed"
    assert found.interrupted
    assert "send the job again" in found.error


def test_a_job_of_a_server_that_died_is_not_taken_for_one_of_its_successor_with_the_same_number(store):
    job = store.add("stylize", "me")
    (store.folder(job.id) / "content").write_bytes(b"x")
    assert store.read(job.id) == job
    store.write(replace(job, owner=f"{socket.gethostname()}:{os.getpid()}:earlier"))
    assert store.of_client("me")[0].interrupted
    assert not (store.folder(job.id) / "content").exists()


def test_a_job_of_another_machine_lives_as_long_as_it_writes(store):
    job = replace(store.add("stylize", "me"), owner="another:1", state="running")
    store.write(job)
    assert store.read(job.id) == job
    store._seconds = -1
    assert store.read(job.id).state == "failed"
