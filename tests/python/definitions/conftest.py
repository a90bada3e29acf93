"""Tests the package that the interpreter finds: the built one, as `./dev env` sets it up."""

from pathlib import Path

import feast

PACKAGE = Path(feast.__file__).resolve().parents[1]
