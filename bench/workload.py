"""The data of the benchmarks: every value is a pure function of its place, so that answers can be checked without a store.

Three sets, each made once in its own folder below the work folder:

* `online`: N entities x 250 int64 features in 25 views of 10 (the workload of feast-benchmarks), a SQLite repository;
* `materialize`: one view of 10 features (5 int64, 5 float64), ids in shuffled order;
"""

from __future__ import annotations

import json
import random
import shutil
import struct
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

PROJECT = "bench"
VIEWS, WIDTH = 25, 10
EVENT_SECONDS, EVENT_NANOS = 1735689600, 123456000  # 2025-01-01T00:00:00.123456Z
START, END = "2024-12-31T00:00:00", "2025-01-02T00:00:00"
VALUE_RANGE = 9999  # values are 1..9999
MASK = (1 << 64) - 1
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

USERS = 10_000

CONFIG = """\
project: {project}
provider: local
registry: registry.db
online_store:
  type: sqlite
  path: online.db
offline_store:
  type: file
entity_key_serialization_version: 3
"""

ONLINE_DEFINITIONS = """\
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Int64

source = FileSource(name="source", path="data.parquet", timestamp_field="event_timestamp")
entity = Entity(name="entity", join_keys=["entity"], value_type=ValueType.INT64)
views = [
    FeatureView(
        name=f"feature_view_{v}", entities=[entity], ttl=timedelta(days=3650), online=True,
        schema=[Field(name="entity", dtype=Int64)] + [Field(name=f"feature_{10 * v + j}", dtype=Int64) for j in range(10)],
        source=source,
    )
    for v in range(25)
]
services = [FeatureService(name=f"feature_service_{s}", features=views[: 5 * (s + 1)]) for s in range(5)]
globals().update({o.name: o for o in views + services})
"""

PRECOMPUTED_DEFINITION = 'precomputed = FeatureService(name="precomputed", features=views[:5], precompute_online=True)\n'

ONE_VIEW_DEFINITIONS = """\
from datetime import timedelta

from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

entity = Entity(name="entity", join_keys=["entity"], value_type=ValueType.INT64)
stats = FeatureView(
    name="stats", entities=[entity], ttl=timedelta(days=3650), online=True,
    schema=[Field(name="entity", dtype=Int64)]
    + [Field(name=f"feature_{j}", dtype=Float64 if j % 2 else Int64) for j in range(10)],
    source=FileSource(name="source", path="data.parquet", timestamp_field="event_timestamp"),
)
"""


def feature_value(entity: int, feature: int) -> int:
    """Value of one feature: splitmix64 of (entity, feature), mapped to 1..9999."""
    x = (entity * 1000 + feature + GOLDEN) & MASK
    x = ((x ^ (x >> 30)) * FIRST) & MASK
    x = ((x ^ (x >> 27)) * SECOND) & MASK
    return 1 + (x ^ (x >> 31)) % VALUE_RANGE


def feature_column(ids: Any, feature: int) -> Any:
    """The vector form of `feature_value`, int64."""
    import numpy as np

    x = ids.astype(np.uint64) * np.uint64(1000) + np.uint64(feature + GOLDEN)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(FIRST)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(SECOND)
    return (np.uint64(1) + (x ^ (x >> np.uint64(31))) % np.uint64(VALUE_RANGE)).astype(np.int64)


def entity_key(entity: int) -> bytes:
    """The bytes of the key `entity`, version 3 (docs/formats/entity_key.md)."""
    name = b"entity"
    return struct.pack("<III", 1, 2, len(name)) + name + struct.pack("<IIq", 4, 8, entity)


def int_value_bytes(value: int) -> bytes:
    """A Value that holds a small int64: field 4."""
    out = bytearray(b"\x20")
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def double_value_bytes(value: float) -> bytes:
    """A Value that holds a double: field 5."""
    return b"\x29" + struct.pack("<d", value)


def _repository(folder: Path, definitions: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "definitions.py").write_text(definitions)
    (folder / "feature_store.yaml").write_text(CONFIG.format(project=PROJECT))


def _made(folder: Path, facts: Dict[str, Any]) -> bool:
    """Whether the folder holds data of these sizes; else it is emptied."""
    stamp = folder / "facts.json"
    if stamp.exists() and json.loads(stamp.read_text()) == facts:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return False


def _event_times(count: int) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.full(count, EVENT_SECONDS * 1_000_000 + EVENT_NANOS // 1000), pa.timestamp("us", tz="UTC"))


def make_online(work: Path, entities: int, name: str = "online", precomputed: bool = False) -> Path:
    """Repository with its Parquet file; on demand with a precomputed service of the first five views."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, facts = work / name, {"entities": entities}
    if _made(folder, facts):
        return folder
    _repository(folder, ONLINE_DEFINITIONS + (PRECOMPUTED_DEFINITION if precomputed else ""))
    ids = np.arange(entities, dtype=np.int64)
    columns = {"entity": pa.array(ids), "event_timestamp": _event_times(entities)}
    columns.update({f"feature_{f}": pa.array(feature_column(ids, f)) for f in range(VIEWS * WIDTH)})
    pq.write_table(pa.table(columns), folder / "data.parquet")
    (folder / "facts.json").write_text(json.dumps(facts))
    return folder


def write_bodies(folder: Path, service: str, rows: int) -> Path:
    """200 request bodies for a service of `make_online`, one a line."""
    entities = json.loads((folder / "facts.json").read_text())["entities"]
    rng = random.Random(rows)
    path = folder / f"{service}_{rows}.jsonl"
    with open(path, "w") as out:
        for _ in range(200):
            body = {"feature_service": service, "entities": {"entity": [rng.randrange(entities) for _ in range(rows)]}}
            out.write(json.dumps(body) + "\n")
    return path


def shuffled(row: int, rows: int) -> int:
    """The entity of a row of the materialize set: each of 0..rows-1 once, in no order (rows: not a multiple of 7919)."""
    return row * 7919 % rows


def configure_online_store(folder: Path, settings: Dict[str, Any]) -> None:
    """Points the repository at another online store; JSON is YAML."""
    sqlite = "online_store:\n  type: sqlite\n  path: online.db\n"
    text = CONFIG.format(project=PROJECT).replace(sqlite, f"online_store: {json.dumps(settings)}\n")
    (folder / "feature_store.yaml").write_text(text)


def make_materialize(work: Path, rows: int, name: str = "materialize") -> Path:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, facts = work / name, {"rows": rows}
    if _made(folder, facts):
        return folder
    _repository(folder, ONE_VIEW_DEFINITIONS)
    ids = np.arange(rows, dtype=np.int64) * 7919 % rows
    columns = {"entity": pa.array(ids), "event_timestamp": _event_times(rows)}
    for f in range(WIDTH):
        values = feature_column(ids, f)
        columns[f"feature_{f}"] = pa.array(values / 4 if f % 2 else values)
    pq.write_table(pa.table(columns), folder / "data.parquet")
    (folder / "facts.json").write_text(json.dumps(facts))
    return folder


def materialized_cell(entity: int, feature: int) -> Tuple[bytes, str]:
    """Value bytes and text copy of one cell of the materialize set."""
    value = feature_value(entity, feature)
    if feature % 2:
        return double_value_bytes(value / 4), repr(value / 4)
    return int_value_bytes(value), str(value)


def bodies(path: Path) -> Iterator[Dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


def check_answer(answer: Dict[str, Any], ids: List[int], features: int) -> None:
    """ValueError unless names, values and statuses are those of the generated data."""
    names = answer["metadata"]["feature_names"]
    want = ["entity"] + [f"feature_{f}" for f in range(features)]
    if sorted(names) != sorted(want):
        raise ValueError(f"wrong feature names: {sorted(set(names) ^ set(want))[:5]}")
    for name, column in zip(names, answer["results"]):
        for i, entity in enumerate(ids):
            expected = entity if name == "entity" else feature_value(entity, int(name[8:]))
            if column["values"][i] != expected or column["statuses"][i] != "PRESENT":
                raise ValueError(f"entity {entity} {name}: {column['values'][i]} {column['statuses'][i]}, "
                                 f"expected {expected}")
