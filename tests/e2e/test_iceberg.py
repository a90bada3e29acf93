"""A repository over an Iceberg table: apply, training data, its explanation, materialization, online values."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd
import pytest
from command import ROOT, done, make_repo, refused

from feast import FeatureStore

DEFINITIONS = """
from datetime import timedelta
from feast import *
from feast.types import Array, Int64, String

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="warehouse/trips", timestamp_field="event_timestamp")
trips = FeatureView(name="trips", entities=[driver], source=source, ttl=timedelta(days=20000),
                    schema=[Field(name="f", dtype=Int64), Field(name="city", dtype=String),
                            Field(name="note", dtype=String), Field(name="tags", dtype=Array(String))])
"""
FEATURES = ["trips:f", "trips:city", "trips:note", "trips:tags"]
WEEK = ("2024-04-30T00:00:00", "2024-05-07T00:00:00")


@pytest.fixture(params=["file", "dask", "duckdb"])
def repo(request, tmp_path) -> Path:
    folder = make_repo(tmp_path / "repo", DEFINITIONS)
    with open(folder / "feature_store.yaml", "a") as yaml:
        yaml.write(f"offline_store:\n  type: {request.param}\n")
    shutil.copytree(ROOT / "tests/data/iceberg_trips", folder / "warehouse/trips")
    return folder


def test_history_in_an_iceberg_table(repo):
    done("apply", cwd=repo)
    store = FeatureStore(repo_path=str(repo))
    entities = pd.DataFrame({"driver_id": [1, 2, 4, 3], "event_timestamp": [datetime(2024, 5, 3, tzinfo=timezone.utc)] * 4})
    job = store.get_historical_features(entities, FEATURES)
    rows = job.to_arrow().to_pydict()
    assert rows["f"] == [1, None, 4, 3], "driver 2 was deleted"
    assert rows["city"] == ["New York", None, "Oslo", None]
    assert rows["note"] == [None, None, "new", None]
    assert rows["tags"][0] == ["a", "1"]
    assert "trips_source" in str(job.explain())

    done("materialize", *WEEK, cwd=repo)
    answer = store.get_online_features(FEATURES, [{"driver_id": 4}, {"driver_id": 2}]).to_dict()
    assert answer["f"] == [4, None]
    assert answer["tags"] == [["a", "4"], None]


def test_damage_is_named(repo):
    done("apply", cwd=repo)
    (manifest,) = (repo / "warehouse/trips/metadata").glob("e942faca*-m0.avro")
    manifest.write_bytes(manifest.read_bytes()[:-9])
    result = refused("materialize", *WEEK, names=manifest.name, cwd=repo)
    assert "trips_source" in result.stderr
