"""`redis_type: redis_cluster`, with everything put together, and with upstream on the same servers.

Upstream takes part only if FEAST_ORACLE_PYTHON names an interpreter that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd
import pytest
from command import YAML, done, environment, make_repo
from redis_servers import RedisCluster

from feast import FeatureStore

ORACLE = os.environ.get("FEAST_ORACLE_PYTHON")

DEFINITIONS = """
from datetime import timedelta
from feast import *
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")
keys = [Field(name="driver_id", dtype=Int64)]
counts = FeatureView(name="counts", entities=[driver], source=source, schema=keys + [Field(name="count", dtype=Int64)])
"""
DISTS = """
dists = FeatureView(name="dists", entities=[driver], source=source, schema=keys + [Field(name="dist", dtype=Float64)])
fast = FeatureService(name="fast", features=[counts, dists], precompute_online=True)
"""

# Reads a service, or writes rows first, with whatever `feast` the interpreter has.
SCRIPT = """
import json, sys
import pandas as pd
from feast import FeatureStore
folder, ids, counts = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
store = FeatureStore(repo_path=folder)
if counts:
    store.write_to_online_store("counts", pd.DataFrame(
        {"driver_id": ids, "ts": [pd.Timestamp("2024-03-01", tz="UTC")] * len(ids), "count": counts}))
rows = [{"driver_id": one} for one in ids]
views = store.get_online_features(features=["counts:count", "dists:dist"], entity_rows=rows).to_dict()
fast = store.get_online_features(features=store.get_feature_service("fast"), entity_rows=rows,
                                 full_feature_names=True).to_dict()
print(json.dumps([views, fast]))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with RedisCluster(tmp_path_factory.mktemp("redis")) as cluster:
        yield cluster


@pytest.fixture
def repo(tmp_path, cluster) -> Path:
    store = f"  type: redis\n  redis_type: redis_cluster\n  connection_string: {cluster.connection_string}\n"
    yaml = YAML.replace("  type: sqlite\n  path: data/online.db\n", store)
    folder = make_repo(tmp_path / "repo", DEFINITIONS + DISTS, yaml)
    done("apply", cwd=folder)
    yield folder
    done("teardown", cwd=folder)
    assert cluster.keys() == [0, 0, 0]


def write(repo: Path, drivers: list[int]) -> None:
    store = FeatureStore(repo_path=str(repo))
    now = datetime(2024, 2, 1, tzinfo=timezone.utc)
    frame = pd.DataFrame({"driver_id": drivers, "ts": [now] * len(drivers)})
    store.write_to_online_store("counts", frame.assign(count=drivers))
    store.write_to_online_store("dists", frame.assign(dist=[one / 2 for one in drivers]))


def ours(repo: Path, drivers: list[int]) -> list[dict]:
    store = FeatureStore(repo_path=str(repo))
    rows = [{"driver_id": one} for one in drivers]
    views = store.get_online_features(features=["counts:count", "dists:dist"], entity_rows=rows).to_dict()
    fast = store.get_online_features(features=store.get_feature_service("fast"), entity_rows=rows,
                                     full_feature_names=True).to_dict()
    return [views, fast]


def theirs(repo: Path, drivers: list[int], counts: list[int] = ()) -> list[dict]:
    script = [ORACLE, "-W", "ignore", "-c", SCRIPT, str(repo), json.dumps(drivers), json.dumps(list(counts))]
    result = subprocess.run(script, capture_output=True, text=True, env=environment(), timeout=120, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


def test_write_precompute_read_and_remove(repo, cluster):
    done("materialize", "2024-01-01T00:00:00", "2024-01-02T00:00:00", cwd=repo)
    write(repo, list(range(1, 201)))
    assert all(keys > 30 for keys in cluster.keys()), "rows are on all servers"
    drivers = [5, 999, 200, 1001]
    views, fast = ours(repo, drivers)
    assert views["count"] == [5, None, 200, 4]
    assert views["dist"] == [2.5, None, 100.0, 2.5]
    assert fast == {"driver_id": drivers, "counts__count": views["count"], "dists__dist": views["dist"]}

    (repo / "definitions.py").write_text(DEFINITIONS)
    done("apply", cwd=repo)
    store = FeatureStore(repo_path=str(repo))
    answer = store.get_online_features(features=["counts:count"], entity_rows=[{"driver_id": 5}]).to_dict()
    assert answer["count"] == [5]
    (repo / "definitions.py").write_text(DEFINITIONS + DISTS)
    done("apply", cwd=repo)
    views, _ = ours(repo, [5])
    assert views == {"driver_id": [5], "count": [5], "dist": [None]}


@pytest.mark.skipif(not ORACLE, reason="FEAST_ORACLE_PYTHON is not set")
def test_upstream_reads_and_writes_the_same_rows(repo):
    drivers = list(range(1, 51))
    write(repo, drivers)
    assert theirs(repo, drivers) == ours(repo, drivers)
    # What upstream writes is later than ours, and read by us.
    theirs(repo, drivers, [one + 1000 for one in drivers])
    views, _ = ours(repo, drivers)
    assert views["count"] == [one + 1000 for one in drivers]
    # And our older rows do not replace it.
    write(repo, drivers)
    views, _ = ours(repo, drivers)
    assert views["count"] == [one + 1000 for one in drivers]
