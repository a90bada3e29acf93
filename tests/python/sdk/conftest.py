"""A small repository over Parquet and SQLite."""

from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)

YAML = """\
project: drivers
provider: local
registry: data/registry.db
online_store:
  type: sqlite
  path: data/online.db
offline_store:
  type: dask
entity_key_serialization_version: 3
"""

DEFINITIONS = """\
from datetime import timedelta
from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Float32, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, tags={"team": "a"})
stats = FileSource(name="stats", path="data/stats.parquet", timestamp_field="event_timestamp",
                   created_timestamp_column="created")
pushed = PushSource(name="pushed", batch_source=stats)
hourly = FeatureView(name="hourly", entities=[driver], ttl=timedelta(days=3650), source=pushed,
                     schema=[Field(name="rate", dtype=Float32), Field(name="trips", dtype=Int64)])
service = FeatureService(name="service", features=[hourly[["trips"]]])
"""


@pytest.fixture
def stats():
    """Two drivers, three hours, newest at NOW."""
    rows = []
    for driver in (1001, 1002):
        for hour in range(3):
            moment = NOW - timedelta(hours=2 - hour)
            rows.append((driver, moment, moment, hour / 4, driver * 10 + hour))
    columns = ["driver_id", "event_timestamp", "created", "rate", "trips"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"rate": "float32", "trips": "int64"})


@pytest.fixture
def repo(tmp_path, stats):
    (tmp_path / "data").mkdir()
    (tmp_path / "feature_store.yaml").write_text(YAML)
    (tmp_path / "definitions.py").write_text(DEFINITIONS)
    stats.to_parquet(tmp_path / "data" / "stats.parquet")
    return tmp_path


@pytest.fixture
def store(repo):
    from feast import FeatureStore

    return FeatureStore(repo_path=str(repo))


@pytest.fixture
def objects(repo):
    namespace = {}
    exec(compile(DEFINITIONS, str(repo / "definitions.py"), "exec"), namespace)
    names = ("driver", "stats", "pushed", "hourly", "service")
    return {name: namespace[name] for name in names}


@pytest.fixture
def applied(store, objects):
    store.apply(list(objects.values()))
    return store
