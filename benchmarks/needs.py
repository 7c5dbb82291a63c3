"""Imported first by every benchmark: a package that is not there is one sentence, and not a traceback."""

from __future__ import annotations

import sys
from types import TracebackType

from impasto.cli.extras import without_extra

HELP = ("-h", "--help")


def _tell(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        sys.__excepthook__(kind, error, at)
        return
    script = sys.modules["__main__"]
    if any(one in HELP for one in sys.argv[1:]):
        print((script.__doc__ or "").strip())
    extra = without_extra(error)
    remedy = f"pip install {error.name.partition('.')[0]}" if extra is None else f"pip install 'impasto[{extra.extra}]'"
    print(f"{sys.argv[0]} needs the package {error.name}; run: {remedy}", file=sys.stderr)


sys.excepthook = _tell
