#!/usr/bin/env python3
"""Runs benchmarks: every one checks its answers before it prints a figure.

Usage: ./dev bench [NAMES …] [--json FILE] [--repeat N] [--rows ROWS] [--work FOLDER]

Names: codecs compression plan pit_join historical pull_latest materialize postgres postgres_historical cli sqlite rss redis redis_store redis_cluster redis_materialize
(default: these) historical_huge (20 GB of data) build (half an hour). Needs a build with the target `benchmarks` (`./dev bench` makes it); FEAST_BIN and FEAST_PYTHON say
what is measured. Wall time is what a user waits,
CPU time (user and system, all threads) what a busy machine can still compare; figures with a rival are from the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cells
import historical
import online
import postgres
import postgres_historical
import redis_cells
from process import machine_facts

ON_DEMAND = ("historical_huge", "build")  # only if named
ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS: Dict[str, Callable[[cells.Settings], List[cells.Row]]] = {
    "codecs": cells.codecs,
    "compression": cells.compression,
    "plan": cells.plan,
    "pit_join": cells.pit_join,
    "historical": historical.historical,
    "historical_huge": historical.huge,
    "pull_latest": historical.pull_latest,
    "materialize": cells.materialize,
    "postgres": postgres.postgres,
    "postgres_historical": postgres_historical.postgres_historical,
    "cli": cells.cli,
    "sqlite": online.sqlite,
    "rss": online.rss,
    "redis": online.redis,
    "redis_store": redis_cells.store,
    "redis_cluster": redis_cells.cluster,
    "redis_materialize": redis_cells.materialize,
    "build": cells.build,
}


def commit() -> str:
    git = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True,
                         text=True)
    return git.stdout.strip() or "unknown"


def print_table(rows: List[cells.Row]) -> None:
    lines = [("benchmark", "figure", "target", "")]
    for row in rows:
        verdict = "" if row.met is None else "met" if row.met else "MISSED"
        lines.append((row.name, row.figure, row.target, verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, help="result file (default: build/PRESET/bench.json)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each end-to-end figure; the best counts")
    parser.add_argument("--rows", type=int, help="rows to materialize (default 300000)")
    parser.add_argument("--work", type=Path, help="folder for the data (default: build/PRESET/bench-data)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(BENCHMARKS)})")
    feast = Path(os.environ.get("FEAST_BIN", ""))
    if not feast.is_file():
        parser.error("FEAST_BIN names no executable; run this as `./dev bench`")
    build = feast.resolve().parent.parent
    settings = cells.Settings(
        feast=feast, python=os.environ.get("FEAST_PYTHON", sys.executable), bin=build / "bin",
        work=(arguments.work or build / "bench-data").resolve(), repeat=arguments.repeat,
        materialize_rows=arguments.rows or 300_000)
    report: Dict[str, Any] = {"commit": commit(), "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                              "build": build.name, "machine": {**machine_facts(), "python": platform.python_version()},
                              "results": []}
    rows: List[cells.Row] = []
    failed: List[str] = []
    for name in arguments.names or [name for name in BENCHMARKS if name not in ON_DEMAND]:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        try:
            measured = BENCHMARKS[name](settings)
        except (cells.WrongAnswer, subprocess.CalledProcessError, OSError, ValueError) as problem:
            print(f"bench: {name} failed: {problem}", file=sys.stderr)
            failed.append(name)
            continue
        rows += measured
        report["results"] += [row.as_json() for row in measured]
    report["machine"]["load_average_after"] = list(os.getloadavg())
    target = arguments.json or build / "bench.json"
    target.write_text(json.dumps(report, indent=1) + "\n")
    print_table(rows)
    print(f"\n{report['commit']}, {report['machine']['cpu']}, {report['machine']['cores']} cores, load "
          f"{report['machine']['load_average'][0]:.1f} before and {os.getloadavg()[0]:.1f} after; details: {target}")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
