"""The command `feast`, run as a process on a tiny repository."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from command import done, feast, make_repo

DEFINITIONS = """
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")
trips = FeatureView(
    name="trips", entities=[driver], source=source,
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64)],
)
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory) -> Path:
    return make_repo(tmp_path_factory.mktemp("tiny") / "repo", DEFINITIONS)


def test_version_is_fast_and_opens_nothing(tmp_path):
    assert done("version", cwd=tmp_path) == 'Feast SDK Version: "0.67.0"\n'
    begin = time.perf_counter()
    done("version", cwd=tmp_path)
    assert time.perf_counter() - begin < 0.5


@pytest.mark.parametrize(
    "args",
    [
        [], ["nope"], ["--log-level", "loud", "version"], ["materialize"], ["materialize", "2024-01-01"],
        ["materialize", "--disable-event-timestamp", "2024-01-01", "2024-01-02"], ["entities"],
        ["entities", "describe"], ["serve", "--port", "many"], ["get-online-features"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(args, tmp_path):
    result = feast(*args, cwd=tmp_path)
    assert result.returncode == 2 and result.stderr


@pytest.mark.parametrize("command", ["apply", "plan", "teardown", "configuration", "registry-dump"])
def test_a_missing_repository_is_named(command, tmp_path):
    result = feast("-c", str(tmp_path), command)
    assert result.returncode == 1 and "feature_store.yaml" in result.stderr


@pytest.mark.parametrize("command", ["ui", "serve_lineage", "dbt import"])
def test_commands_that_are_absent_say_what_to_do_instead(command, tmp_path):
    result = feast(*command.split(), "--anything", cwd=tmp_path)
    assert result.returncode == 1
    assert re.search(f"feast {command.split()[0]}: this build has no .*; ", result.stderr)
    assert "not supported yet" not in result.stderr


def test_templates_that_are_absent_are_named(tmp_path):
    result = feast("init", "-t", "gcp", "tiny", cwd=tmp_path)
    assert result.returncode == 1 and "this build has no template gcp" in result.stderr
    assert not (tmp_path / "tiny").exists()


def test_online_features_are_printed_in_the_order_asked_for(tmp_path):
    more = """
other = Entity(name="other", join_keys=["other_id"], value_type=ValueType.INT64)
def view(name, entities, *columns):
    schema = [Field(name=column, dtype=Int64) for column in columns]
    return FeatureView(name=name, entities=entities, source=source, schema=schema)
pairs = view("pairs", [other, driver], "other_id", "driver_id", "p", "q")
wide = view("wide", [driver], "driver_id", "x", "y", "z")
"""
    folder = make_repo(tmp_path / "repo", DEFINITIONS + more)
    done("-c", str(folder), "apply", "--skip-source-validation")
    asked = ["pairs:q", "wide:z", "pairs:p", "wide:x", "wide:y"]
    features = [word for reference in asked for word in ("-f", reference)]
    out = done("-c", str(folder), "get-online-features", "-e", "other_id=2", "-e", "driver_id=1", *features)
    assert list(json.loads(out)) == ["other_id", "driver_id", "q", "p", "z", "x", "y"]


def test_init_minimal_writes_a_valid_configuration(tmp_path):
    done("init", "--minimal", "tiny", cwd=tmp_path)
    assert "project: tiny" in done("-c", str(tmp_path / "tiny/feature_repo"), "configuration")
    assert feast("init", "--minimal", "tiny", cwd=tmp_path).returncode == 1


def test_init_refuses_a_name_that_is_no_identifier(tmp_path):
    result = feast("init", "no-dash", cwd=tmp_path)
    assert result.returncode == 1 and "no-dash" in result.stderr and not list(tmp_path.iterdir())


def test_apply_materialize_read(repo):
    out = done("-c", str(repo), "apply")
    for line in ("Created entity driver", "Created feature view trips", "Created sqlite table tiny_trips"):
        assert line in out.splitlines()
    again = done("-c", str(repo), "plan")
    assert "No changes to registry" in again and "No changes to infrastructure" in again
    out = done("-c", str(repo), "materialize", "2023-12-31T00:00:00", "2024-01-03T00:00:00")
    assert out.startswith(
        "Materializing 1 feature views from 2023-12-31 00:00:00+00:00 to 2024-01-03 00:00:00+00:00 "
        "into the sqlite online store.\n\ntrips:\ntrips: 1 rows in "
    )
    out = done("-c", str(repo), "get-online-features", "-e", "driver_id=1001", "-e", "driver_id=7", "-f", "trips:count")
    assert json.loads(out) == {"driver_id": [1001, 7], "count": [4, None]}
    rows = json.dumps([{"driver_id": 1001, "event_timestamp": "2024-01-01T12:00:00"}])
    out = done("-c", str(repo), "get-historical-features", "-d", rows, "-f", "trips:count")
    assert json.loads(out) == [{"driver_id": 1001, "event_timestamp": 1704110400000, "count": 3}]
