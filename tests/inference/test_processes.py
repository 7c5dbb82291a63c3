from __future__ import annotations

import copy
import os
import pickle

import numpy as np
import pytest

from impasto.errors import EngineError
from impasto.inference.stylizer import Stylizer


def test_a_copy_and_a_pickle_paint_the_same(toy_model, photo):
    stylizer = Stylizer.load(toy_model, threads=1)
    painted = stylizer.stylize(photo, "noon")
    assert copy.deepcopy(stylizer) is copy.copy(stylizer) is stylizer
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(stylizer)).stylize(photo, "noon"), painted)
    with pytest.raises(TypeError, match=r"Stylizer\.load"):
        pickle.dumps(Stylizer(stylizer.manifest, stylizer.engine))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_is_told_so(toy_model, photo, monkeypatch):
    stylizer = Stylizer.load(toy_model)
    stylizer.stylize(photo, "noon")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(EngineError, match="was forked"):
        stylizer.stylize(photo, "noon")
