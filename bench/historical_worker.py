"""One engine of the benchmark `historical`, in a process of its own: historical_worker.py ENGINE FOLDER

Prints one JSON line: seconds and CPU seconds of the join alone (from the entity rows in memory to the Arrow table), the
peak resident set of the process, and an exact checksum that does not depend on the order of rows.

`feast`: `FeatureStore(FOLDER).get_historical_features(...).to_arrow()`, entity rows as a pandas frame.
`feast_duckdb`: the same with `type: duckdb` and local Parquet read through DuckDB.
`duckdb`: DuckDB's own ASOF join over the same files, entity rows from the same frame. Of rows with equal times any one wins.
`duckdb_exact`: the same behind a step that makes ties exact: of equal keys and times the last row.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Callable

NAMES = [f"feature_{j}" for j in range(10)]


def feast_join(folder: Path, spine: Any) -> Callable[[], Any]:
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(folder))
    sys.path.insert(0, str(folder))
    import definitions

    store.apply([definitions.entity, definitions.stats])
    references = [f"stats:{name}" for name in NAMES]
    return lambda: store.get_historical_features(entity_df=spine, features=references).to_arrow()


def feast_duckdb_join(folder: Path, spine: Any) -> Callable[[], Any]:
    repository = folder / "duckdb_route"
    repository.mkdir(exist_ok=True)
    for name in ("data.parquet", "definitions.py"):
        (repository / name).unlink(missing_ok=True)
        (repository / name).symlink_to(folder / name)
    settings = (folder / "feature_store.yaml").read_text().replace("type: file", "type: duckdb")
    (repository / "feature_store.yaml").write_text(settings + "native: {duckdb: {parquet_reader: duckdb}}\n")
    return feast_join(repository, spine)


def duckdb_join(folder: Path, spine: Any, exact: bool = False) -> Callable[[], Any]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("spine", spine)
    features = ", ".join(f"f.{name}" for name in NAMES)
    source = f"read_parquet('{folder / 'data.parquet'}')"
    if exact:
        source = (f"(SELECT * FROM read_parquet('{folder / 'data.parquet'}', file_row_number = true) QUALIFY row_number() "
                  "OVER (PARTITION BY entity, event_timestamp ORDER BY file_row_number DESC) = 1)")
    query = (f"SELECT e.entity, e.event_timestamp, {features} FROM spine e ASOF LEFT JOIN {source} f "
             "ON e.entity = f.entity AND e.event_timestamp >= f.event_timestamp")
    return lambda: connection.sql(query).to_arrow_table()


def checksum(table: Any) -> dict:
    """Rows in (time, entity) order, values as whole quarters."""
    import numpy as np
    import pyarrow as pa

    stamps = table["event_timestamp"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    order = np.lexsort((np.asarray(table["entity"]), np.asarray(stamps)))
    weight = np.arange(len(order), dtype=np.int64) % 1009 + 1
    total, nulls = int(np.sum(np.asarray(stamps)[order] % 1_000_003 * weight)), 0
    for i, name in enumerate(NAMES):
        values = np.array(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)[order]
        empty = np.isnan(values)
        nulls += int(empty.sum())
        total += (i + 1) * int(np.sum(np.where(empty, -1, values * 4).astype(np.int64) * weight))
    return {"rows": table.num_rows, "nulls": nulls, "checksum": total % (1 << 61)}


def expected(folder: Path) -> dict:
    """The answer by numpy alone: one sort and one binary search over (entity, time) as a single number."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    def keys(table: Any) -> Any:
        stamps = np.asarray(table["event_timestamp"].cast(pa.int64())) - 1_735_689_600_000_000
        return np.asarray(table["entity"]).astype(np.int64) * (1 << 43) + stamps

    features = pq.read_table(folder / "data.parquet")
    entities = pq.read_table(folder / "entities.parquet")
    have = keys(features)
    order = np.argsort(have, kind="stable")
    winners = order[np.searchsorted(have[order], keys(entities), side="right") - 1]
    if not np.array_equal(np.asarray(features["entity"])[winners], np.asarray(entities["entity"])):
        raise SystemExit("the data are wrong: an entity row has no feature row before it")
    table = entities
    for name in NAMES:
        table = table.append_column(name, pa.array(np.asarray(features[name])[winners]))
    return checksum(table)


def peak_mib() -> float:
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")) / 1024


def main() -> None:
    engine, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    if engine == "expected":
        print(json.dumps(expected(folder)))
        return
    import pyarrow.parquet as pq

    spine = pq.read_table(folder / "entities.parquet").to_pandas()
    engines = {
        "feast": feast_join,
        "feast_duckdb": feast_duckdb_join,
        "duckdb": duckdb_join,
        "duckdb_exact": lambda folder, spine: duckdb_join(folder, spine, exact=True),
    }
    join = engines[engine](folder, spine)
    start, cpu = time.perf_counter(), time.process_time()
    table = join()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    measured = {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "peak_rss_mib": round(peak_mib(), 1)}
    print(json.dumps({**measured, **checksum(table)}))


if __name__ == "__main__":
    main()
