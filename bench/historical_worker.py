"""One engine of the benchmark `historical`, in a process of its own: historical_worker.py ENGINE FOLDER

Prints one JSON line: seconds and CPU seconds of the join alone (from the entity rows in memory to the Arrow table), the
peak resident set of the process and how much the join added to the peak before it, and the checksum of the answer.

`feast`: `FeatureStore(FOLDER).get_historical_features(...).to_arrow()`, entity rows as a pandas frame.
`feast_duckdb`: the same with `type: duckdb` and local Parquet read through DuckDB.
`duckdb`: DuckDB's own ASOF joins over the same files, entity rows from the same frame. Of rows with equal times any one wins.
`duckdb_exact`: the same behind a step that makes ties exact: of equal keys and times the last row.
`arrow_scan`: pyarrow reads the same columns of the same files, batch by batch, on all cores, and throws them away.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Callable

import historical_data
from historical_data import Case


def feast_join(folder: Path, case: Case, spine: Any) -> Callable[[], Any]:
    from feast import FeatureStore

    store = FeatureStore(repo_path=str(folder))
    sys.path.insert(0, str(folder))
    import definitions

    store.apply([definitions.entity, *definitions.views])
    references = [f"view_{view}:{name}" for view in range(case.views) for name in case.names(view)]
    return lambda: store.get_historical_features(entity_df=spine, features=references).to_arrow()


def feast_duckdb_join(folder: Path, case: Case, spine: Any) -> Callable[[], Any]:
    repository = folder / "duckdb_route"
    repository.mkdir(exist_ok=True)
    for file in [*folder.glob("source*.parquet"), folder / "definitions.py"]:
        (repository / file.name).unlink(missing_ok=True)
        (repository / file.name).symlink_to(file)
    settings = historical_data.CONFIG.format(offline="duckdb")
    (repository / "feature_store.yaml").write_text(settings + "native: {duckdb: {parquet_reader: duckdb}}\n")
    return feast_join(repository, case, spine)


def duckdb_join(folder: Path, case: Case, spine: Any, exact: bool = False) -> Callable[[], Any]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("spine", spine)
    names = ", ".join(name for view in range(case.views) for name in case.names(view))
    query = f"SELECT e.entity, e.event_timestamp, {names} FROM spine e"
    for at, views in enumerate(case.sources()):
        file = folder / case.source_of(views[0])
        source = f"read_parquet('{file}')"
        if exact:
            source = (f"(SELECT * FROM read_parquet('{file}', file_row_number = true) QUALIFY row_number() "
                      "OVER (PARTITION BY entity, event_timestamp ORDER BY file_row_number DESC) = 1)")
        query += (f" ASOF LEFT JOIN {source} s{at} "
                  f"ON e.entity = s{at}.entity AND e.event_timestamp >= s{at}.event_timestamp")
    return lambda: connection.sql(query).to_arrow_table()


def arrow_scan(folder: Path, case: Case) -> None:
    import pyarrow.parquet as pq

    for views in case.sources():
        columns = ["entity", "event_timestamp", *(name for view in views for name in case.names(view))]
        with pq.ParquetFile(folder / case.source_of(views[0]), pre_buffer=False, buffer_size=1 << 18) as file:
            rows = sum(batch.num_rows for batch in file.iter_batches(1 << 16, columns=columns, use_threads=True))
        if rows != case.feature_rows:
            raise SystemExit(f"{rows} rows were scanned")


def answer(case: Case, table: Any) -> dict:
    import numpy as np
    import pyarrow as pa

    stamps = table["event_timestamp"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    columns = (table[name].cast(pa.float64()).to_numpy() for view in range(case.views) for name in case.names(view))
    return historical_data.checksum(np.asarray(table["entity"]), np.asarray(stamps), columns)


def peak_mib() -> float:
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")) / 1024


def main() -> None:
    engine, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    case = Case(**json.loads((folder / "case.json").read_text()))
    import pyarrow.parquet as pq

    engines = {
        "feast": feast_join,
        "feast_duckdb": feast_duckdb_join,
        "duckdb": duckdb_join,
        "duckdb_exact": lambda *arguments: duckdb_join(*arguments, exact=True),
        "arrow_scan": lambda folder, case, spine: lambda: arrow_scan(folder, case),
    }
    spine = pq.read_table(folder / "entities.parquet").to_pandas()
    join = engines[engine](folder, case, spine)
    before = peak_mib()
    start, cpu = time.perf_counter(), time.process_time()
    table = join()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = peak_mib()
    measured = {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "peak_mib": round(peak, 1),
                "growth_mib": round(peak - before, 1)}
    print(json.dumps({**measured, **({} if table is None else answer(case, table))}))


if __name__ == "__main__":
    main()
