"""The benchmark `historical`: training joins of many shapes, beside DuckDB and a bare scan, each answer checked."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import historical_data
from cells import Row, Settings, WrongAnswer
from historical_data import Case

WORKER = Path(__file__).resolve().parent / "historical_worker.py"
DUCKDB = "duckdb==2.0.0"


@dataclass(frozen=True)
class Target:
    seconds: float
    mib: float
    growth: bool = False  # the memory is what the join adds; else the peak of the process


@dataclass(frozen=True)
class Cell:
    case: Case
    target: Optional[Target]
    rivals: Sequence[str] = ("duckdb",)


MB, GB = 1e6 / 2**20, 1e9 / 2**20
LARGE = Case("large", 1_000_000, 10_000_000)
CELLS = [
    Cell(Case("small", 100_000, 1_000_000), Target(0.25, 150 * MB, growth=True)),
    Cell(Case("five_views", 10_000, 1_000_000, views=5), Target(0.5, 200 * MB, growth=True)),
    Cell(LARGE, Target(1.0, GB), ("duckdb", "duckdb_exact", "feast_duckdb")),
    Cell(Case("wide", 17_000, 170_000, views=50, width=20, users=5_000), Target(10, 2 * GB), ()),
]
HUGE = [
    Cell(replace(LARGE, name="ten_views", views=10, shared=True), None),
    Cell(replace(LARGE, name="ten_sources", views=10), None),
    Cell(Case("tall", 10_000_000, 10_000_000, users=100_000, memory_limit="2GB"), Target(6, 2 * GB)),
    Cell(Case("scan", 10_000, 100_000_000, users=1_000_000, width=4), None, ("arrow_scan",)),
]


def _engine(settings: Settings, engine: str, folder: Path, duckdb: Optional[str]) -> Dict[str, Any]:
    paths = [path for path in (duckdb, os.environ.get("PYTHONPATH")) if path and engine.startswith("duckdb")]
    environment = {**os.environ, **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})}
    done = subprocess.run([settings.python, WORKER, engine, folder], check=True, stdout=subprocess.PIPE, text=True,
                          env=environment)
    measured: Dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    expected = json.loads((folder / "expected.json").read_text())
    if engine != "arrow_scan" and {key: measured[key] for key in expected} != expected:
        raise WrongAnswer(f"{folder.name}: {engine} says {measured}, numpy {expected}")
    return measured


def _duckdb_path(settings: Settings) -> Optional[str]:
    """A folder with DuckDB's package, from pip if it is not there yet; none if it cannot be had."""
    folder = settings.work / "duckdb"
    if not (folder / "duckdb").is_dir():
        got = subprocess.run([settings.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                              "--no-deps", "--only-binary", ":all:", "--target", str(folder), DUCKDB],
                             capture_output=True, text=True)
        if got.returncode:
            print(f"bench: no DuckDB to compare with: {got.stderr.strip().splitlines()[-1:]}")
            return None
    return str(folder)


def _figure(measured: Dict[str, Any]) -> str:
    return (f"{measured['seconds']:.2f} s wall, {measured['cpu_seconds']:.2f} s CPU, peak {measured['peak_mib']:.0f} MiB, "
            f"growth {measured['growth_mib']:.0f}")


def _measure(settings: Settings, cell: Cell) -> List[Row]:
    case, target = cell.case, cell.target
    folder = historical_data.make(settings.work, case)
    duckdb = _duckdb_path(settings)
    engines = ["feast", *(rival for rival in cell.rivals if duckdb or not rival.startswith("duckdb"))]
    runs: Dict[str, List[Dict[str, Any]]] = {engine: [] for engine in engines}
    for _ in range(settings.repeat):
        for engine in engines:
            runs[engine].append(_engine(settings, engine, folder, duckdb))
    best = {engine: min(all_runs, key=lambda run: run["seconds"]) for engine, all_runs in runs.items()}
    size = f"historical {case.name}, {case.entity_rows:,} x {case.feature_rows:,} x {case.views} views of {case.width}"
    rows = []
    for engine in engines:
        row = Row(f"{size}: {engine}", _figure(best[engine]), details={"runs": runs[engine]})
        if engine == "feast" and target:
            memory = best[engine]["growth_mib" if target.growth else "peak_mib"]
            row.target = f"≤ {target.seconds} s, {'growth' if target.growth else 'peak'} ≤ {target.mib:.0f} MiB"
            row.met = best[engine]["seconds"] <= target.seconds and memory <= target.mib
        elif engine != "feast":
            row.details["wall_ratio"] = best["feast"]["seconds"] / best[engine]["seconds"]
            row.details["cpu_ratio"] = best["feast"]["cpu_seconds"] / best[engine]["cpu_seconds"]
        rows.append(row)
    return rows


LATEST = Case("latest", 1_000, 10_000_000, users=1_000_000)


def pull_latest(settings: Settings) -> List[Row]:
    """The read side of a materialization: the newest row of each entity."""
    folder = historical_data.make(settings.work, LATEST)
    expected = historical_data.latest(LATEST)
    program = Path(settings.feast).parent / "pull_latest"
    runs, scans = [], []
    for _ in range(settings.repeat):
        done = subprocess.run([program, folder, str(LATEST.width)], check=True, stdout=subprocess.PIPE, text=True)
        runs.append(json.loads(done.stdout))
        if {key: runs[-1][key] for key in expected} != expected:
            raise WrongAnswer(f"pull_latest says {runs[-1]}, numpy {expected}")
        scans.append(_engine(settings, "arrow_scan", folder, None))
    best, scan = (min(all_runs, key=lambda run: run["seconds"]) for all_runs in (runs, scans))
    rate = LATEST.feature_rows / best["seconds"]
    name = f"pull latest, {LATEST.feature_rows:,} rows of {LATEST.width} features, {LATEST.users:,} entities"
    return [Row(f"{name}: feast", f"{rate:,.0f} rows/s, {best['seconds']:.2f} s wall, {best['cpu_seconds']:.2f} s CPU, "
                f"peak {best['peak_mib']:.0f} MiB", "≥ 1,000,000 rows/s", met=rate >= 1e6, details={"runs": runs}),
            Row(f"{name}: arrow_scan", _figure(scan), details={"runs": scans, "wall_ratio": best["seconds"] / scan["seconds"]})]


def historical(settings: Settings) -> List[Row]:
    return [row for cell in CELLS for row in _measure(settings, cell)]


def huge(settings: Settings) -> List[Row]:
    """The same, where the data are tens of gigabytes."""
    return [row for cell in HUGE for row in _measure(settings, cell)]
