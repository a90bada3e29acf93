"""Feature services with `precompute_online`: vectors follow every way of writing, and answers stay the same."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from command import done, make_repo, refused

from feast import FeatureService, FeatureStore
from feast.errors import FeatureServiceNotFoundException
from feast.protos.feast.core.PrecomputedFeatureVector_pb2 import PrecomputedFeatureVector
from feast.protos.feast.types.Value_pb2 import Value

DEFINITIONS = """
from datetime import timedelta
from feast import *
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")
push = PushSource(name="trips_push", batch_source=source)
keys = [Field(name="driver_id", dtype=Int64)]
counts = FeatureView(name="counts", entities=[driver], source=push, ttl=timedelta(days=20000),
                     schema=keys + [Field(name="count", dtype=Int64)])
dists = FeatureView(name="dists", entities=[driver], source=source, ttl=timedelta(days=2),
                    schema=keys + [Field(name="dist", dtype=Float64)])
fast = FeatureService(name="fast", features=[counts, dists], precompute_online=True)
slow = FeatureService(name="slow", features=[counts, dists])
"""


@pytest.fixture
def repo(tmp_path) -> Path:
    folder = make_repo(tmp_path / "repo", DEFINITIONS)
    done("apply", cwd=folder)
    return folder


def vectors(repo: Path) -> list[PrecomputedFeatureVector]:
    """What the table of vectors holds, as upstream would parse it."""
    with sqlite3.connect(repo / "data/online.db") as db:
        rows = db.execute('SELECT value FROM "tiny___precomputed__fast" ORDER BY entity_key').fetchall()
    return [PrecomputedFeatureVector.FromString(Value.FromString(value).bytes_val) for (value,) in rows]


def answers(repo: Path, service: str, ids: list[int]) -> dict:
    store = FeatureStore(repo_path=str(repo))
    response = store.get_online_features(features=store.get_feature_service(service),
                                         entity_rows=[{"driver_id": one} for one in ids])
    proto = response.proto
    names = list(proto.metadata.feature_names.val)
    return {name: (list(result.statuses), [time.seconds for time in result.event_timestamps], response.to_dict()[name])
            for name, result in zip(names, proto.results)}


def test_vectors_follow_materialization_and_pushes(repo):
    done("materialize", "2024-01-01T00:00:00", "2024-01-02T00:00:00", cwd=repo)
    (vector,) = vectors(repo)
    assert list(vector.feature_names) == ["counts__count", "dists__dist"]
    assert [vector.values[0].int64_val, vector.values[1].double_val] == [4, 2.5]
    assert [time.feature_view_name for time in vector.fv_timestamps] == ["counts", "dists"]
    assert answers(repo, "fast", [1001, 7, 1001]) == answers(repo, "slow", [1001, 7, 1001])

    store = FeatureStore(repo_path=str(repo))
    now = datetime.now(timezone.utc).replace(microsecond=0)
    store.push("trips_push", pd.DataFrame({"driver_id": [1001, 8], "ts": [now, now], "count": [50, 80]}))
    store.write_to_online_store("dists", pd.DataFrame({"driver_id": [9], "ts": [now], "dist": [9.5]}))
    assert sorted(vector.values[0].int64_val for vector in vectors(repo)) == [0, 50, 80]
    fast = answers(repo, "fast", [1001, 8, 9, 10])
    assert fast == answers(repo, "slow", [1001, 8, 9, 10])
    assert fast["count"][2] == [50, 80, None, None]

    # What is answered is the vector, not the rows: a row changed behind the product's back is not seen.
    with sqlite3.connect(repo / "data/online.db") as db:
        db.execute('DELETE FROM "tiny_counts"')
    assert answers(repo, "fast", [8])["count"][2] == [80]


def test_the_command_and_the_sdk_write_all_vectors_anew(repo):
    done("materialize", "2024-01-01T00:00:00", "2024-01-02T00:00:00", cwd=repo)
    with sqlite3.connect(repo / "data/online.db") as db:
        db.execute('DELETE FROM "tiny___precomputed__fast"')
    assert answers(repo, "fast", [1001]) == answers(repo, "slow", [1001]), "read from the views"
    assert done("precompute", cwd=repo) == "fast: 1 vectors\n"
    assert len(vectors(repo)) == 1
    assert done("precompute", "fast", cwd=repo) == "fast: 1 vectors\n"
    refused("precompute", "slow", cwd=repo, names="no vectors are kept of feature service 'slow'")
    refused("precompute", "none", cwd=repo, names="none")
    store = FeatureStore(repo_path=str(repo))
    assert store.precompute_feature_service() == 1
    with pytest.raises(ValueError, match="'slow'"):
        store.precompute_feature_service("slow")
    with pytest.raises(FeatureServiceNotFoundException):
        store.precompute_feature_service("none")


def test_the_table_of_vectors_comes_and_goes_with_the_flag(repo):
    def tables() -> set[str]:
        with sqlite3.connect(repo / "data/online.db") as db:
            return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert "tiny___precomputed__fast" in tables()
    text = (repo / "definitions.py").read_text()
    (repo / "definitions.py").write_text(text.replace(", precompute_online=True", ""))
    done("apply", cwd=repo)
    assert tables() == {"tiny_counts", "tiny_dists"}


def test_views_that_are_computed_when_read_are_refused(repo):
    with open(repo / "definitions.py", "a") as file:
        file.write("""
from feast.on_demand_feature_view import on_demand_feature_view

@on_demand_feature_view(sources=[counts], schema=[Field(name="twice", dtype=Int64)], mode="python")
def doubled(inputs):
    return {"twice": [2 * (one or 0) for one in inputs["count"]]}

wrong = FeatureService(name="wrong", features=[counts, doubled], precompute_online=True)
""")
    refused("apply", cwd=repo, names="OnDemandFeatureView 'doubled' is computed when it is read")


def test_an_interrupted_refresh_is_made_good_by_the_next_run(repo):
    """The range is not recorded before its vectors are written."""
    with sqlite3.connect(repo / "data/online.db") as db:
        db.execute('DROP TABLE "tiny___precomputed__fast"')
    refused("materialize-incremental", "2024-01-02T00:00:00", cwd=repo, names="precomputed feature service 'fast'")
    done("apply", cwd=repo)
    store = FeatureStore(repo_path=str(repo))
    assert store.get_feature_view("counts").materialization_intervals == []
    end = datetime(2024, 1, 2, tzinfo=timezone.utc)
    store.materialize(end - timedelta(days=1), end)
    assert len(vectors(repo)) == 1
    assert len(store.get_feature_view("counts").materialization_intervals) == 1
