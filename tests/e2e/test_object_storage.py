"""A repository whose history lies in a bucket: apply, training data, added rows, saved datasets, materialization."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from command import done, make_repo, refused

from feast import FeatureStore
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

DEFINITIONS = """
from datetime import timedelta
from feast import *
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="s3://lake/{path}", timestamp_field="ts")
push = PushSource(name="trips_push", batch_source=source)
trips = FeatureView(name="trips", entities=[driver], source=push, ttl=timedelta(days=20000),
                    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64),
                            Field(name="dist", dtype=Float64)])
"""
FEATURES = ["trips:count", "trips:dist"]


def ask(method: str, url: str, body: bytes | None = None) -> bytes:
    head = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/s3/aws4_request",
            "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=body, method=method, headers=head)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def s3():
    """The address of an S3 service (moto) with the empty bucket `lake`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            ask("PUT", f"{address}/lake")
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, "moto did not start"
            time.sleep(0.02)
    yield address
    process.kill()
    process.wait()


@pytest.fixture(params=["file/trips.parquet", "dask/trips", "duckdb/trips"])
def repo(request, tmp_path, s3, monkeypatch) -> Path:
    """A repository of each store, its source a single object or a folder."""
    for name, value in {"AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hidden-word",
                        "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    store = request.param.split("/")[0]
    folder = make_repo(tmp_path / "repo", DEFINITIONS.format(path=request.param))
    with open(folder / "feature_store.yaml", "a") as yaml:
        yaml.write(f"offline_store:\n  type: {store}\n  staging_location: s3://lake/staged/\n")
    trips = (folder / "data/trips.parquet").read_bytes()
    key = request.param if request.param.endswith(".parquet") else request.param + "/first.parquet"
    ask("PUT", f"{s3}/lake/{key}", trips)
    return folder


def test_history_in_a_bucket(repo, s3):
    done("apply", cwd=repo)
    store = FeatureStore(repo_path=str(repo))
    entities = pd.DataFrame({"driver_id": [1001], "event_timestamp": [datetime(2024, 1, 5, tzinfo=timezone.utc)]})

    def counts() -> list[int]:
        return store.get_historical_features(entities, FEATURES).to_df()["count"].tolist()

    assert counts() == [4]
    rows = pd.DataFrame({"driver_id": [1001], "ts": [datetime(2024, 1, 3, tzinfo=timezone.utc)], "count": [5], "dist": [1.0]})
    store.write_to_offline_store("trips", rows)
    assert counts() == [5]

    [staged] = store.get_historical_features(entities, FEATURES).to_remote_storage()
    assert staged.startswith("s3://lake/staged/") and staged.endswith("/part-0.parquet")
    rows = pq.read_table(io.BytesIO(ask("GET", f"{s3}/{staged.removeprefix('s3://')}")))
    assert rows["count"].to_pylist() == [5]

    name = repo.parent.name
    job = store.get_historical_features(entities, FEATURES)
    store.create_saved_dataset(job, f"set_{name}", SavedDatasetFileStorage(f"s3://lake/saved/{name}"))
    assert store.get_saved_dataset(f"set_{name}").to_df()["count"].tolist() == [5]

    done("materialize", "2024-01-01T00:00:00", "2024-01-10T00:00:00", cwd=repo)
    answer = store.get_online_features(FEATURES, [{"driver_id": 1001}]).to_dict()
    assert answer["count"] == [5]
    listed = ask("GET", f"{s3}/lake?uploads").decode()
    assert "<Upload>" not in listed, "an upload was left open"


def test_a_missing_bucket_is_named(tmp_path, s3, monkeypatch):
    for name, value in {"AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hidden-word"}.items():
        monkeypatch.setenv(name, value)
    folder = make_repo(tmp_path / "repo", DEFINITIONS.format(path="x.parquet").replace("s3://lake", "s3://desert"))
    done("apply", "--skip-source-validation", cwd=folder)
    result = refused("materialize", "2024-01-01T00:00:00", "2024-01-10T00:00:00", names="s3://desert/x.parquet", cwd=folder)
    assert "trips_source" in result.stderr and "hidden-word" not in result.stderr + result.stdout
