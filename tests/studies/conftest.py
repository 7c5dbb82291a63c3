"""Pictures just large enough for every layer, a VGG-19 that is loaded once, and a study run with tiny options."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from impasto.optimize import OptimizeOptions, painting
from impasto.studies import StudyOptions, measures, run_study

TINY = {"size": 32, "steps": 2, "precision": "fp32"}


@pytest.fixture(scope="session")
def vgg():
    return painting.load_network(OptimizeOptions(precision="fp32"))


@pytest.fixture(autouse=True)
def vgg_loaded_once(monkeypatch, vgg):
    load = painting.load_network
    monkeypatch.setattr(painting, "load_network", lambda options: vgg if options.network == "vgg19" else load(options))
    monkeypatch.setattr(measures, "load_vgg19", lambda: vgg)


@pytest.fixture(scope="session")
def photos(draw):
    return {"hills": draw(1, 160, 160), "lake": draw(2, 160, 160)}


@pytest.fixture(scope="session")
def styles(draw):
    return {"waves": draw(3, 160, 160), "stars": 255 - draw(4, 160, 160)}


@pytest.fixture
def study(photos, styles):
    """Run a study on the first photo and style, or on others, with tiny options."""

    def study(name, contents=None, pictures=None, *, start=None, progress=None, **options):
        return run_study(
            name,
            dict([*photos.items()][:1]) if contents is None else contents,
            dict([*styles.items()][:1]) if pictures is None else pictures,
            StudyOptions(**{**TINY, **options}),
            start=start,
            progress=progress,
        )

    return study
