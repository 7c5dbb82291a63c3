"""The executor on a real local Ray with two workers, and its way with workers that die on a pretended one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from impasto.batch.job import Job, Outcome
from impasto.batch.manifest import read_entries
from impasto.batch.photo import Recipe
from impasto.batch.ray_workers import TRIES, _Pool, _Worker
from impasto.cli.main import main
from impasto.options import StylizeOptions


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class Died(Exception):
    pass


class PretendedRay:
    """As much of Ray as the pool uses; a call happens when its promise is waited for."""

    exceptions = SimpleNamespace(RayError=Died)

    def __init__(self, deaths):
        self.deaths = dict(deaths)  # by photo: how many workers it kills
        self.begun, self.killed, self.workers = [], [], 0

    def put(self, value):
        return value

    def remote(self, **_details):
        def start(_worker):
            def new(_recipe):
                self.workers += 1
                return SimpleNamespace(paint=SimpleNamespace(remote=lambda job, tries: (job, tries)))

            return SimpleNamespace(remote=new)

        return start

    def wait(self, promises):
        return promises[:1], promises[1:]

    def get(self, promise):
        job, tries = promise
        self.begun.append((job.source.name, tries))
        if self.deaths.get(job.source.name, 0) >= tries:
            raise Died("killed")
        return Outcome(job, "painted")

    def kill(self, worker):
        self.killed.append(worker)


JOBS = [Job(Path(f"{index}.png"), Path(f"out/{index}.png")) for index in range(5)]


def test_a_dead_workers_photo_is_begun_again_by_another_and_nothing_twice():
    ray = PretendedRay({"1.png": 1})
    outcomes = list(_Pool(ray, None).run(JOBS, 2))
    assert [one.status for one in outcomes] == ["painted"] * 5
    assert {one.job for one in outcomes} == set(JOBS), "with the paths as they were given"
    assert sorted(ray.begun) == [("0.png", 1), ("1.png", 1), ("1.png", 2), ("2.png", 1), ("3.png", 1), ("4.png", 1)]
    assert ray.workers == 3
    assert len(ray.killed) == 1


def test_a_photo_that_kills_every_worker_fails_alone():
    ray = PretendedRay({"2.png": 99})
    outcomes = {one.job.source.name: one for one in _Pool(ray, None).run(JOBS, 2)}
    assert {name for name, one in outcomes.items() if one.status == "failed"} == {"2.png"}
    assert "3 workers died" in str(outcomes["2.png"].error)
    assert sum(name == "2.png" for name, _ in ray.begun) == TRIES


def test_an_interrupt_ends_every_worker():
    ray = PretendedRay({})
    pool = _Pool(ray, None)
    outcomes = pool.run(JOBS, 2)
    next(outcomes)
    pool.close()
    assert len(ray.killed) == ray.workers == 2


@pytest.fixture
def recipe(toy_model):
    return Recipe(StylizeOptions(style=("noon",), model=str(toy_model)), {"style": "noon"})


def test_what_a_dead_worker_had_finished_is_not_painted_again(recipe, photo):
    Image.fromarray(photo).save("photo.png")
    worker = _Worker(recipe)
    job = Job(Path("photo.png"), Path("out.png"))
    assert worker.paint(job, 1).status == "painted"
    written = Path("out.png").stat().st_mtime_ns
    again = worker.paint(job, 2)
    assert (again.status, again.width, again.height) == ("painted", 104, 72)
    assert Path("out.png").stat().st_mtime_ns == written
    assert worker.paint(job, 1).status == "failed", "a file from before the run is kept, and said to be there"


@pytest.fixture
def cluster():
    """Ray on this machine with two workers."""
    ray = pytest.importorskip("ray", reason="Ray is not installed (pip install 'impasto[ray]')")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_writes_the_same_files_and_redoes_the_work_of_a_killed_worker(cluster, draw, recipe, toy_model, capsys):
    Path("in").mkdir()
    for index in range(6):
        Image.fromarray(draw(index, 64 + 8 * index, 90)).save(f"in/{index}.png")
    Path("in/bad.png").write_text("no picture")
    for executor in ("local", "ray"):
        flags = ["--executor", executor, "--jobs", "2", "--manifest", f"{executor}.jsonl"]
        code = main(["stylize", "in", "-o", executor, "--style", "noon", "--model", str(toy_model), *flags])
        assert code == 1
        assert "in/bad.png" in capsys.readouterr().err
        assert len(read_entries(Path(f"{executor}.jsonl"))) == 7
    local = {file.name: file.read_bytes() for file in Path("local").iterdir()}
    assert {file.name: file.read_bytes() for file in Path("ray").iterdir()} == local
    assert len(local) == 6

    pool = _Pool(cluster, recipe)
    outcomes = []
    jobs = [Job(Path(f"in/{index}.png"), Path(f"again/{index}-noon.png")) for index in range(6)]
    for outcome in pool.run(jobs, 2):
        outcomes.append(outcome)
        if len(outcomes) == 1:
            for _, _, worker in pool.running.values():
                cluster.kill(worker)  # at once, with what it was doing
    pool.close()
    assert [one.status for one in outcomes] == ["painted"] * 6, [str(one.error) for one in outcomes]
    assert {file.name: file.read_bytes() for file in Path("again").iterdir()} == local
