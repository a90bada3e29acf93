"""The benchmark `postgres_historical`: training joins from PostgreSQL, beside upstream's store on the same server.

Upstream runs where FEAST_ORACLE_PYTHON names a Python that has it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import postgres
from cells import Row, Settings, WrongAnswer

WORKER = Path(__file__).resolve().parent / "postgres_historical_worker.py"
SOURCE_ROWS = 1_000_000
TABLE = f"""
CREATE TABLE stats AS SELECT s % 10000 AS entity, '2025-01-01 00:00+00'::timestamptz + s * interval '1 second' AS event_timestamp,
'2025-01-01 00:00+00'::timestamptz + s * interval '1 second' AS created,
{", ".join(f"s::float8 AS feature_{j}" for j in range(10))} FROM generate_series(0, {SOURCE_ROWS - 1}) s;
ANALYZE stats"""


def _repository(folder: Path, database: postgres.Database, entity_rows: int) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    store = "\n".join(f"  {key}: {value}" for key, value in database.settings.items())
    (folder / "feature_store.yaml").write_text(
        f"project: bench\nprovider: local\nregistry: registry.db\nonline_store: {{type: sqlite, path: online.db}}\n"
        f"offline_store:\n{store}\nentity_key_serialization_version: 3\n")
    (folder / "facts.json").write_text(json.dumps({"entity_rows": entity_rows, "source_rows": SOURCE_ROWS}))
    return folder


def _measure(python: str, folder: Path, database: postgres.Database) -> Dict[str, Any]:
    server = database.cpu_seconds()
    done = subprocess.run([python, WORKER, folder], check=True, stdout=subprocess.PIPE, text=True)
    measured: Dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if not measured["right"]:
        raise WrongAnswer(f"{python}: the features are not those of the generated rows")
    return {**measured, "server_cpu_seconds": database.cpu_seconds() - server}


def postgres_historical(settings: Settings) -> List[Row]:
    engines = {"ours": str(settings.python)}
    if rival := os.environ.get("FEAST_ORACLE_PYTHON"):
        engines["upstream"] = rival
    table: List[Row] = []
    with postgres.running() as database:
        database.query(TABLE)
        for index in ("no index", "an index"):
            if index == "an index":
                database.query("CREATE INDEX ON stats (entity, event_timestamp)")
            for entity_rows in (1_000, 100_000):
                for name, python in engines.items():
                    folder = _repository(settings.work / "postgres_historical" / name, database, entity_rows)
                    runs = [_measure(python, folder, database) for _ in range(settings.repeat)]
                    best = min(runs, key=lambda r: r["seconds"])
                    table.append(Row(f"postgres_historical: {entity_rows:,} x {SOURCE_ROWS:,}, {index}, {name}",
                                     f"{best['seconds']:.2f} s, {best['cpu_seconds']:.2f} s CPU, the server's "
                                     f"{best['server_cpu_seconds']:.2f} s, growth {best['growth_mib']:.0f} MiB",
                                     details={"runs": runs}))
    return table
