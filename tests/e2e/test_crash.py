"""`feast apply` and `feast materialize`, killed at random points: nothing is lost, and a repeat makes it right.

CRASH_ROUNDS=200 kills each of them 200 times; the default is what every run of the tests can afford.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import YAML, done, environment, executable

from feast.protos.feast.core.Registry_pb2 import Registry
from feast.protos.feast.types.Value_pb2 import Value

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "5"))
DRIVERS = 4000
VIEWS = ("trips", "ratings")
DAY = datetime(2024, 1, 1, tzinfo=timezone.utc)
WINDOW = ("2023-12-31T00:00:00", "2024-02-01T00:00:00")

DEFINITIONS = """
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")


def view(name, *features):
    columns = [Field(name=column, dtype=Int64) for column in ("driver_id", *features)]
    return FeatureView(name=name, entities=[driver], source=source, schema=columns)


trips = view("trips", "count")
ratings = view("ratings", "stars")
"""
# What the second state has and the first has not; `ratings` has another feature and `extra` is new.
MORE = """
ratings = view("ratings", "stars", "count")
extra = view("extra", "stars")
service = FeatureService(name="service", features=[trips, ratings])
"""


def write_rows(repo: Path, number: int) -> None:
    """Rows of one round: later than those of the round before, and with other values."""
    time_of_round = DAY + timedelta(minutes=number)
    drivers = list(range(DRIVERS))
    pq.write_table(
        pa.table({
            "driver_id": drivers,
            "ts": pa.array([time_of_round] * DRIVERS, pa.timestamp("us", tz="UTC")),
            "count": [driver * 1000 + number for driver in drivers],
            "stars": [-driver * 1000 - number for driver in drivers],
        }),
        repo / "data/trips.parquet",
    )


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "feature_store.yaml").write_text(YAML)
    (tmp_path / "definitions.py").write_text(DEFINITIONS)
    write_rows(tmp_path, 0)
    return tmp_path


class Killer:
    """Starts the command and kills it after a random part, rather a late one, of the time that a whole run takes.

    That time is learned again from every run, so that about one in six ends by itself and the others die at
    every point of the work, however busy the machine is.
    """

    def __init__(self, repo: Path, *args: str):
        self.command = [executable(), "-c", str(repo), *args]
        self.random = random.Random(11)
        begin = time.perf_counter()
        done("-c", str(repo), *args)
        self.longest = time.perf_counter() - begin
        self.killed = 0

    def run(self) -> None:
        with subprocess.Popen(
            self.command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(timeout=self.random.triangular(0, self.longest, self.longest))
                self.longest *= 0.9
            except subprocess.TimeoutExpired:
                process.kill()
                self.killed += 1
                self.longest *= 1.02


def registry_of(repo: Path) -> Registry:
    registry = Registry()
    registry.ParseFromString((repo / "data/registry.db").read_bytes())
    return registry


def objects_of(repo: Path) -> dict[str, tuple[str, ...]]:
    """Every object of the registry with what it is made of."""
    registry = registry_of(repo)
    objects = {f"project {project.spec.name}": () for project in registry.projects}
    objects |= {f"entity {entity.spec.name}": (entity.spec.join_key,) for entity in registry.entities}
    objects |= {f"source {source.name}": (source.file_options.uri,) for source in registry.data_sources}
    for view in registry.feature_views:
        objects[f"view {view.spec.name}"] = tuple(feature.name for feature in view.spec.features)
    for service in registry.feature_services:
        objects[f"service {service.spec.name}"] = tuple(part.feature_view_name for part in service.spec.features)
    return objects


def materialized(repo: Path) -> dict[str, int]:
    """How many materializations of each view the registry has recorded as done."""
    return {view.spec.name: len(view.meta.materialization_intervals) for view in registry_of(repo).feature_views}


def rows_of(repo: Path, view: str) -> dict[tuple[bytes, str], int]:
    """(entity key, feature) → value, straight from the file of the online store."""
    with sqlite3.connect(repo / "data/online.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute(f'SELECT entity_key, feature_name, value FROM "tiny_{view}"').fetchall()
    return {(key, feature): Value.FromString(value).int64_val for key, feature, value in rows}


def online_tables(repo: Path) -> set[str]:
    with sqlite3.connect(repo / "data/online.db") as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_killed_apply_leaves_the_old_or_the_new_registry(repo):
    done("-c", str(repo), "apply")
    states = [objects_of(repo)]
    (repo / "definitions.py").write_text(DEFINITIONS + MORE)
    killer = Killer(repo, "apply")
    states.append(objects_of(repo))
    assert states[0] != states[1] and "service service" in states[1]
    done("-c", str(repo), "materialize", *WINDOW)
    trips = rows_of(repo, "trips")
    seen = {0: 0, 1: 0}
    undropped = 0
    for number in range(ROUNDS):
        wanted = number % 2
        before = objects_of(repo)
        (repo / "definitions.py").write_text(DEFINITIONS + (MORE if wanted else ""))
        killer.run()
        found = objects_of(repo)
        assert found in (before, states[wanted]), f"round {number}: neither the old nor the new registry"
        seen[states.index(found)] += 1
        assert rows_of(repo, "trips") == trips, f"round {number}: rows of a view that stays are lost"
        for view in ("ratings", "extra"):
            if f"view {view}" in found:
                rows_of(repo, view)  # fails when the registry names a table that is not there
        if before == states[1] and found == states[0] and "tiny_extra" in online_tables(repo):
            undropped += 1
            done("-c", str(repo), "apply")
            assert "tiny_extra" not in online_tables(repo), f"round {number}: the table of a removed view stays"
    print(f"apply: {killer.killed} of {ROUNDS} killed, registries found: {seen}, {undropped} with a table left to drop")
    (repo / "definitions.py").write_text(DEFINITIONS + MORE)
    done("-c", str(repo), "apply")
    assert objects_of(repo) == states[1]


def test_a_killed_materialization_is_made_right_by_the_next(repo):
    done("-c", str(repo), "apply")
    objects = objects_of(repo)
    killer = Killer(repo, "materialize", *WINDOW)
    features = {"trips": ("count", 1), "ratings": ("stars", -1)}
    keys = {view: {key: value for (key, _), value in rows_of(repo, view).items()} for view in VIEWS}
    assert all(len(values) == DRIVERS for values in keys.values())
    partial = 0
    for number in range(1, ROUNDS + 1):
        write_rows(repo, number)
        old = {view: rows_of(repo, view) for view in VIEWS}
        right = {
            view: {(key, name): first + sign * number for key, first in keys[view].items()}
            for view, (name, sign) in features.items()
        }
        recorded = materialized(repo)
        killer.run()
        assert objects_of(repo) == objects, f"round {number}: the registry lost objects"
        for view in VIEWS:
            found = rows_of(repo, view)
            assert found.keys() == right[view].keys(), f"round {number}: rows of {view} are lost"
            wrong = {key: value for key, value in found.items() if value not in (old[view][key], right[view][key])}
            assert not wrong, f"round {number}: {view} has values of neither round: {wrong}"
            done_now = materialized(repo)[view] - recorded[view]
            assert not done_now or found == right[view], f"round {number}: {view} is recorded, but not all written"
            partial += found not in (old[view], right[view])
        done("-c", str(repo), "materialize", *WINDOW)
        for view in VIEWS:
            assert rows_of(repo, view) == right[view], f"round {number}: {view} is not right after a repeat"
    print(f"materialize: {killer.killed} of {ROUNDS} killed, {partial} tables were left half written")
