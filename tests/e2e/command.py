"""Runs the built command as a user does, and writes the small repositories that the tests run it on."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]

YAML = """project: tiny
registry: data/registry.db
provider: local
online_store:
  type: sqlite
  path: data/online.db
entity_key_serialization_version: 3
"""


def executable() -> str:
    """FEAST_BIN, else the newest build of this tree."""
    if given := os.environ.get("FEAST_BIN"):
        return given
    built = sorted(ROOT.glob("build/*/bin/feast"), key=lambda path: path.stat().st_mtime)
    if not built:
        pytest.skip("no build/*/bin/feast: run ./dev build")
    return str(built[-1])


def environment(**more: str) -> dict[str, str]:
    """The caller's environment without what would change what the command does."""
    clean = ("FEAST_", "FEATURE_", "PYTHONPATH", "_FEAST")
    env = {key: value for key, value in os.environ.items() if not key.startswith(clean)}
    return {**env, "FEAST_PYTHON": os.environ.get("FEAST_PYTHON", sys.executable), **more}


def feast(*args: str, cwd: Path | None = None, env: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess:
    """Runs `feast ARGS` and returns what came of it."""
    return subprocess.run(
        [executable(), *args], capture_output=True, text=True, cwd=cwd, env=environment(**(env or {})), timeout=120,
        **options,
    )


def done(*args: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """The output of a run that must succeed."""
    result = feast(*args, cwd=cwd, env=env)
    assert result.returncode == 0, f"feast {' '.join(args)}: {result.stdout}{result.stderr}"
    return result.stdout


def refused(*args: str, names: str, code: int = 1, **options) -> subprocess.CompletedProcess:
    """A run that must fail: with that code, a message on stderr that names the thing, and no traceback."""
    result = feast(*args, **options)
    said = f"feast {' '.join(args)}: {result.returncode}\n{result.stdout}{result.stderr}"
    assert result.returncode == code, said
    assert names in result.stderr, said
    assert "Traceback" not in result.stderr + result.stdout, said
    return result


def make_repo(folder: Path, definitions: str, yaml: str = YAML) -> Path:
    """A repository with these definitions and the file data/trips.parquet (driver_id, ts, count, dist)."""
    (folder / "data").mkdir(parents=True)
    (folder / "feature_store.yaml").write_text(yaml)
    (folder / "definitions.py").write_text(definitions)
    times = pa.array([datetime(2024, 1, day, tzinfo=timezone.utc) for day in (1, 2)], pa.timestamp("us", tz="UTC"))
    rows = pa.table({"driver_id": [1001, 1001], "ts": times, "count": [3, 4], "dist": [1.5, 2.5]})
    pq.write_table(rows, folder / "data/trips.parquet")
    return folder
