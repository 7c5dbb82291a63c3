"""Learn one artwork's style: python learn.py painting.jpg mine.npz 5 (minutes; extra [train])."""

from __future__ import annotations

import sys

from impasto import Stylizer, read_picture
from impasto.training.learn_options import LearnOptions
from impasto.training.learning import Learning
from impasto.training.practice import practice_photos

artwork, target, minutes = sys.argv[1:]
stylizer = Stylizer.load()
options = LearnOptions(minutes=float(minutes))
learning = Learning(stylizer.manifest, [read_picture(artwork).pixels], practice_photos(), options)
for step in learning.steps():
    print(f"{step.number}: {step.objective:.3f} ({step.progress:.0%})")
stylizer.save_code(target, learning.style(), overwrite=True)
