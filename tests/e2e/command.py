"""Runs the built command `feast` as a user does: `FEAST_BIN` names it, else the newest build."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def executable() -> str:
    if given := os.environ.get("FEAST_BIN"):
        return given
    built = sorted(ROOT.glob("build/*/bin/feast"), key=lambda path: path.stat().st_mtime)
    if not built:
        pytest.skip("no build/*/bin/feast: run ./dev build")
    return str(built[-1])


def environment() -> dict[str, str]:
    """Ours without what would configure the command, but with the Python it is to use."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("FEAST_") and key != "PYTHONPATH"}
    env["FEAST_PYTHON"] = os.environ.get("FEAST_PYTHON", sys.executable)
    return env


def feast(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([executable(), *args], capture_output=True, text=True, cwd=cwd, env=environment(), timeout=120)


def done(*args: str, cwd: Path | None = None) -> str:
    result = feast(*args, cwd=cwd)
    assert result.returncode == 0, f"feast {' '.join(args)}: {result.stdout}{result.stderr}"
    return result.stdout
