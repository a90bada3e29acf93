"""Data of the benchmark `historical`: entity rows and feature rows over 60 days, made by formulas, so that any part can be made alone.

Times are distinct, feature rows lie on even and entity rows on odd microseconds, and each user has a row before any entity row
asks: the answer is unique and has no nulls. Rows are in no order. Features are int64 and float64 in turn, quarters of whole numbers.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Iterator, List

BASE_US, SPAN_US = 1_735_689_600_000_000, 60 * 86_400_000_000  # 60 days from 2025-01-01
CHUNK = 1_000_000

CONFIG = """\
project: bench
provider: local
registry: registry.db
online_store: {{type: sqlite, path: online.db}}
offline_store: {{type: {offline}}}
entity_key_serialization_version: 3
"""

DEFINITIONS = '''\
from datetime import timedelta

from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

entity = Entity(name="entity", join_keys=["entity"], value_type=ValueType.INT64)
views = [
    FeatureView(
        name=f"view_{{v}}", entities=[entity], ttl=timedelta(days=3650),
        schema=[Field(name="entity", dtype=Int64)]
        + [Field(name=f"v{{v}}_f{{j}}", dtype=Float64 if j % 2 else Int64) for j in range({width})],
        source=FileSource(name=f"source_{{v}}", path={path}, timestamp_field="event_timestamp"),
    )
    for v in range({views})
]
'''


@dataclass(frozen=True)
class Case:
    name: str
    entity_rows: int
    feature_rows: int
    users: int = 10_000
    views: int = 1
    width: int = 10  # features a view
    shared: bool = False  # all views on one source
    memory_limit: str = ""

    def names(self, view: int) -> List[str]:
        return [f"v{view}_f{j}" for j in range(self.width)]

    def source_of(self, view: int) -> str:
        return "source.parquet" if self.shared else f"source_{view}.parquet"

    def sources(self) -> List[List[int]]:
        """The views of each source."""
        views = list(range(self.views))
        return [views] if self.shared else [[view] for view in views]


def _hash(numbers: Any) -> Any:
    import numpy as np

    x = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(31)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    return x ^ (x >> np.uint64(29))


def _stride(rows: int) -> int:
    """Coprime to the number of rows, so that its multiples visit all of them."""
    import math

    return next(p for p in (7_919 * 104_729, 15_485_863, 32_452_843) if math.gcd(p, rows) == 1)


def _step(case: Case) -> int:
    return SPAN_US // case.feature_rows // 2 * 2


def keys_and_times(case: Case, source: int, first: int, count: int) -> Any:
    """Users and times (µs) of those rows of a source."""
    import numpy as np

    rows = np.arange(first, first + count, dtype=np.int64)
    order = rows * _stride(case.feature_rows) % case.feature_rows
    users = (_hash(order + source * 1_000_003) % np.uint64(case.users)).astype(np.int64)
    users = np.where(order < case.users, order, users)
    return users, BASE_US + order * _step(case)


def feature(view: int, at: int, first: int, count: int) -> Any:
    import numpy as np

    rows = np.arange(first, first + count, dtype=np.int64)
    values = (_hash(rows * 1_009 + view * 101 + at) % np.uint64(1_000_000)).astype(np.int64)
    return values / 4 if at % 2 else values


def _chunks(case: Case) -> Iterator[tuple]:
    for first in range(0, case.feature_rows, CHUNK):
        yield first, min(CHUNK, case.feature_rows - first)


def _write_source(case: Case, source: int, views: List[int], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    utc = pa.timestamp("us", tz="UTC")
    writer = None
    for first, count in _chunks(case):
        users, times = keys_and_times(case, source, first, count)
        columns = {"entity": users, "event_timestamp": pa.array(times, utc)}
        for view in views:
            columns.update({name: feature(view, j, first, count) for j, name in enumerate(case.names(view))})
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def entities(case: Case) -> Any:
    import numpy as np

    rng = np.random.default_rng(1)
    covered = case.users * _step(case)
    step = (SPAN_US - covered) // case.entity_rows // 2 * 2
    times = BASE_US + covered + 1 + rng.permutation(case.entity_rows) * step
    return rng.integers(0, case.users, case.entity_rows), times


def checksum(entity: Any, times: Any, columns: Any) -> dict:
    """Of rows in (time, entity) order, whatever order they are in; exact, as values are whole quarters."""
    import numpy as np

    order = np.lexsort((entity, times))
    weight = np.arange(len(order), dtype=np.int64) % 1009 + 1
    total, nulls = int(np.sum(times[order] % 1_000_003 * weight)), 0
    for i, column in enumerate(columns):
        values = np.asarray(column, dtype=np.float64)[order]
        empty = np.isnan(values)
        nulls += int(empty.sum())
        total += (i + 1) * int(np.sum(np.where(empty, -1, values * 4).astype(np.int64) * weight))
    return {"rows": len(order), "nulls": nulls, "checksum": total % (1 << 61)}


def _expected(case: Case) -> dict:
    """The answer by numpy alone: one sort and one binary search over (user, time) as a single number."""
    import numpy as np

    asked_user, asked_time = entities(case)
    columns: List[Any] = [None] * (case.views * case.width)
    for source, views in enumerate(case.sources()):
        parts = [keys_and_times(case, source, first, count) for first, count in _chunks(case)]
        have = np.concatenate([users * (1 << 43) + (times - BASE_US) for users, times in parts])
        order = np.argsort(have)
        found = np.searchsorted(have[order], asked_user * (1 << 43) + (asked_time - BASE_US), side="right") - 1
        winners = order[found]
        if not np.array_equal(have[winners] >> 43, asked_user):
            raise SystemExit("the data are wrong: an entity row has no feature row before it")
        for view in views:
            for j in range(case.width):
                values = (_hash(winners * 1_009 + view * 101 + j) % np.uint64(1_000_000)).astype(np.int64)
                columns[view * case.width + j] = values / 4 if j % 2 else values
    return checksum(asked_user, asked_time, columns)


def latest(case: Case) -> dict:
    """Of the newest row of each user of the first source, by numpy: what bench/pull_latest.cc adds up."""
    import numpy as np

    newest_time, newest_row = np.zeros(case.users, np.int64), np.zeros(case.users, np.int64)
    for first, count in _chunks(case):
        users, times = keys_and_times(case, 0, first, count)
        order = np.argsort(times)  # of equal indices the last assignment stays
        fresh = np.zeros(case.users, np.int64)
        rows = np.zeros(case.users, np.int64)
        fresh[users[order]], rows[users[order]] = times[order], first + order
        newer = fresh > newest_time
        newest_time[newer], newest_row[newer] = fresh[newer], rows[newer]
    total = int(np.sum(np.arange(case.users) + newest_time % 1_000_003))
    for j in range(case.width):
        values = (_hash(newest_row * 1_009 + j) % np.uint64(1_000_000)).astype(np.int64)
        total += (j + 1) * int(np.sum(values if j % 2 else values * 4))
    return {"rows": case.users, "checksum": total % (1 << 61)}


def make(work: Path, case: Case) -> Path:
    """The folder of the case: repository, data, and `expected.json`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = work / f"historical_{case.name}"
    stamp = folder / "case.json"
    if stamp.exists() and json.loads(stamp.read_text()) == asdict(case):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = '"source.parquet"' if case.shared else 'f"source_{v}.parquet"'
    (folder / "definitions.py").write_text(DEFINITIONS.format(width=case.width, views=case.views, path=path))
    limit = f"native: {{historical: {{memory_limit: {case.memory_limit}}}}}\n" if case.memory_limit else ""
    (folder / "feature_store.yaml").write_text(CONFIG.format(offline="file") + limit)
    users, times = entities(case)
    utc = pa.timestamp("us", tz="UTC")
    pq.write_table(pa.table({"entity": users, "event_timestamp": pa.array(times, utc)}), folder / "entities.parquet")
    for source, views in enumerate(case.sources()):
        _write_source(case, source, views, folder / case.source_of(views[0]))
    (folder / "expected.json").write_text(json.dumps(_expected(case)))
    stamp.write_text(json.dumps(asdict(case)))
    return folder
