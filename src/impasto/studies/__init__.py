"""The literature's experiments as studies that anyone can run on pictures of their own.

>>> from impasto.studies import STUDIES, StudyOptions, run_study
>>> findings = run_study("init", {"me": photo}, {"waves": artwork}, StudyOptions(size=256))  # uint8 h×w×3 each
>>> findings.rows, findings.figure

Each study is a function in a file of its own, from a :class:`~impasto.studies.laboratory.Laboratory` to
:class:`~impasto.studies.findings.Findings`. Importing this room imports no torch: the laboratory does, when it paints.
"""

from __future__ import annotations

from impasto.studies.catalog import STUDIES, Study, run_study
from impasto.studies.findings import Findings
from impasto.studies.options import StudyOptions

__all__ = ["STUDIES", "Findings", "Study", "StudyOptions", "run_study"]
