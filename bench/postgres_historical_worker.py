"""One training join from PostgreSQL in a process of its own: postgres_historical_worker.py FOLDER

The same program for us and for upstream, over the same `feature_store.yaml`. Prints one JSON line: seconds and CPU seconds
from the pandas frame of entity rows to the Arrow table, the growth of the resident set, and an exact checksum.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, ValueType
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource
from feast.types import Float64

WIDTH, KEYS = 10, 10_000
BASE = pd.Timestamp("2025-01-01", tz="UTC")


def entity_rows(count: int, source_rows: int) -> pd.DataFrame:
    """Entity rows of which each has a feature row before it, in no order."""
    i = np.arange(count, dtype=np.int64)
    seconds = source_rows // 2 + i * 7_368_787 % (source_rows // 2)
    return pd.DataFrame({"entity": i * 104_729 % KEYS, "event_timestamp": BASE + pd.to_timedelta(seconds, unit="s")})


def answer(frame: pd.DataFrame) -> int:
    """The sum of all features: row `s` of the source has the key `s % KEYS` and its time in seconds."""
    seconds = (frame["event_timestamp"] - BASE).dt.total_seconds().astype("int64").to_numpy()
    newest = seconds - (seconds - frame["entity"].to_numpy()) % KEYS
    return int(sum((newest * (j + 1)).sum() for j in range(WIDTH)))


def resident(what: str) -> float:
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(what + ":")) / 1024


def main() -> None:
    folder = Path(sys.argv[1])
    facts = json.loads((folder / "facts.json").read_text())
    store = FeatureStore(repo_path=str(folder))
    entity = Entity(name="entity", join_keys=["entity"], value_type=ValueType.INT64)
    source = PostgreSQLSource(name="stats", table="stats", timestamp_field="event_timestamp", created_timestamp_column="created")
    names = [f"feature_{j}" for j in range(WIDTH)]
    view = FeatureView(name="stats", entities=[entity], source=source, schema=[Field(name=n, dtype=Float64) for n in names])
    store.apply([entity, view])
    frame = entity_rows(facts["entity_rows"], facts["source_rows"])
    before, start, cpu = resident("VmHWM"), time.perf_counter(), time.process_time()
    table = store.get_historical_features(entity_df=frame, features=[f"stats:{name}" for name in names]).to_arrow()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    total = int(sum((np.asarray(table[name]) * (j + 1)).sum() for j, name in enumerate(names)))
    right = table.num_rows == len(frame) and total == answer(frame)
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "growth_mib": resident("VmHWM") - before, "right": right}))


if __name__ == "__main__":
    main()
