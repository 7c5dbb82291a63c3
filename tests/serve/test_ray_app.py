"""Two replicas under a local Ray Serve paint alike and know each other's styles."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("ray.serve", reason="needs impasto[ray] with Ray Serve")
httpx = pytest.importorskip("httpx")

from impasto.errors import UsageError  # noqa: E402
from impasto.serve.options import StudioOptions  # noqa: E402
from impasto.serve.ray_app import studio_on_ray  # noqa: E402

TOKEN = "0123456789abcdef-token"


def test_a_token_is_demanded():
    with pytest.raises(UsageError, match="token"):
        studio_on_ray(StudioOptions(), folder="unused")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray's own are many
def test_two_replicas(tmp_path, toy_model, photo_file, artwork_file, monkeypatch):
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        options = StudioOptions(model=str(toy_model), painters=1, token=TOKEN)
        application = studio_on_ray(
            options, folder=str(tmp_path / "shared"), replicas=2, ray_actor_options={"num_cpus": 0.5}
        )
        ray.serve.start(http_options={"host": "127.0.0.1", "port": 8123})
        ray.serve.run(application)
        with httpx.Client(base_url="http://127.0.0.1:8123", timeout=60) as client:
            assert client.get("/v1/styles").status_code == 401
            client.headers["Authorization"] = f"Bearer {TOKEN}"
            for _ in range(300):
                if client.get("/readyz").status_code == 200:
                    break
                time.sleep(0.1)
            style = client.post("/v1/styles", files={"picture": artwork_file}).json()["name"]
            painted = {
                client.post("/v1/stylize", data={"style": style}, files={"content": photo_file}).content
                for _ in range(12)
            }
            assert len(painted) == 1
            job = client.post(
                "/v1/jobs", data={"kind": "stylize", "style": style}, files={"content": photo_file}
            ).json()
            for _ in range(300):
                state = client.get(f"/v1/jobs/{job['id']}").json()["state"]
                if state in ("done", "failed"):
                    break
                time.sleep(0.1)
            assert state == "done"
    finally:
        ray.serve.shutdown()
        ray.shutdown()
