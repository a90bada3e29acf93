"""What the server logs of feature services, and `feast consistency` over it: one case for every cause."""

from __future__ import annotations

import json
import os
import signal
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

import postgres_server
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from command import YAML, done, feast, refused
from test_server import Server

DEFINITIONS = """
from datetime import timedelta
from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.feature_logging import LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts",
                    created_timestamp_column="made")
trips = FeatureView(
    name="trips", entities=[driver], source=PushSource(name="trips_push", batch_source=source),
    ttl=timedelta(days=1),
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64), Field(name="rate", dtype=Float64)],
)
service = FeatureService(name="service", features=[trips],
                         logging_config=LoggingConfig(FileLoggingDestination(path="logs"), sample_rate=1.0))
silent = FeatureService(name="silent", features=[trips[["count"]]])
"""
LOGGING = YAML + "feature_server:\n  feature_logging: {enabled: true, flush_interval_secs: 600}\n"
HOUR = timedelta(hours=1)
CAUSES = {1: "equal", 2: "not_materialized", 3: "late_data", 4: "ttl", 5: "other", 6: "equal"}


def rows(now: datetime, *cells: tuple) -> pa.Table:
    """(driver, hours ago, hours ago it was made, count) each."""
    times = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "driver_id": [cell[0] for cell in cells],
            "ts": pa.array([now - cell[1] * HOUR for cell in cells], times),
            "made": pa.array([now - cell[2] * HOUR for cell in cells], times),
            "count": [cell[3] for cell in cells],
            "rate": [cell[3] / 3 for cell in cells],
        }
    )


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    """Served once for each driver, with what the offline store knew before and after."""
    folder = tmp_path_factory.mktemp("logged")
    (folder / "data").mkdir()
    (folder / "feature_store.yaml").write_text(LOGGING)
    (folder / "definitions.py").write_text(DEFINITIONS)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    known = [(1, 1, 1, 10), (2, 2, 2, 20), (3, 2, 2, 30), (4, 30, 30, 40), (5, 2, 2, 50)]
    pq.write_table(rows(now, *known), folder / "data/trips.parquet")
    done("apply", cwd=folder)
    until = (now + HOUR).strftime("%Y-%m-%dT%H:%M:%S")
    done("materialize", "2020-01-01T00:00:00", until, cwd=folder)
    known.append((2, 0.5, 0.5, 21))
    pq.write_table(rows(now, *known), folder / "data/trips.parquet")
    server = Server(folder, "--no-access-log")
    pushed = rows(now, (5, 0.25, 0.25, 51)).to_pylist()[0]
    frame = {name: [str(value) if isinstance(value, datetime) else value] for name, value in pushed.items()}
    status, said = server.post("/push", {"push_source_name": "trips_push", "df": frame, "to": "online"})
    assert status == 200, said
    for name in ("service", "silent"):
        ask = {"feature_service": name, "entities": {"driver_id": list(CAUSES)}}
        status, said = server.post("/get-online-features", ask)
        assert status == 200, said
    assert not (folder / "logs").exists(), "ten minutes are not over"
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0, "".join(server.lines)
    known.append((3, 1, -1, 31))
    pq.write_table(rows(now, *known), folder / "data/trips.parquet")
    return folder


def test_the_log_is_upstreams(repo):
    """But for seconds, which Parquet keeps as milliseconds."""
    [file] = os.listdir(repo / "logs")
    table = pq.read_table(repo / "logs" / file)
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("driver_id", "int64"),
        ("trips__count", "int64"), ("trips__count__timestamp", "timestamp[ms, tz=UTC]"), ("trips__count__status", "int32"),
        ("trips__rate", "double"), ("trips__rate__timestamp", "timestamp[ms, tz=UTC]"), ("trips__rate__status", "int32"),
        ("__log_timestamp", "timestamp[us, tz=UTC]"), ("__log_date", "date32[day]"), ("__request_id", "string"),
    ]
    assert table["driver_id"].to_pylist() == list(CAUSES)
    assert table["trips__count"].to_pylist() == [10, 20, 30, 40, 51, None]
    assert table["trips__count__status"].to_pylist() == [1, 1, 1, 4, 1, 3]
    assert len(set(table["__request_id"].to_pylist())) == 1


def test_every_cause_is_found(repo):
    ask = ("consistency", "--service", "service", "--json")
    report = feast(*ask, cwd=repo)
    assert report.returncode == 1, report.stderr
    assert "8 of 12 values (66.67 %) differ, more than --max-mismatch 0 allows" in report.stderr
    facts = json.loads(report.stdout)
    assert (facts["logged_rows"], facts["compared_rows"], facts["compared"], facts["mismatched"]) == (6, 6, 12, 8)
    for feature in facts["features"]:
        counts = {cause: feature[cause] for cause in set(CAUSES.values())}
        assert counts == {"equal": 2, "not_materialized": 1, "late_data": 1, "ttl": 1, "other": 1}, feature
    assert facts["features"][0]["example"].startswith("driver_id=2 at 20")
    assert facts["features"][0]["example"].endswith(": served 20, replayed 21")
    assert done(*ask, "--max-mismatch", "0.7", cwd=repo) == report.stdout


@pytest.mark.parametrize("driver", list(CAUSES))
def test_the_cause_of_each_driver(repo, driver):
    """The log of one driver only, beside the other one: logs are plain Parquet."""
    service = f"of_{driver}"
    table = pa.dataset.dataset(repo / "logs").to_table(filter=pa.compute.field("driver_id") == driver)
    (repo / f"logs_{driver}").mkdir(exist_ok=True)
    pq.write_table(table, repo / f"logs_{driver}" / "one.parquet")
    more = DEFINITIONS + (
        f'\n{service} = FeatureService(name="{service}", features=[trips], '
        f'logging_config=LoggingConfig(FileLoggingDestination(path="logs_{driver}")))\n'
    )
    (repo / "definitions.py").write_text(more)
    done("apply", cwd=repo)
    report = feast("consistency", "--service", service, "-f", "trips:count", "--json", cwd=repo)
    [feature] = json.loads(report.stdout)["features"]
    assert feature["compared"] == feature[CAUSES[driver]] == 1, feature
    assert report.returncode == (CAUSES[driver] != "equal")


def test_the_table_for_people(repo):
    said = done("consistency", "--service", "service", "-f", "trips:rate", "--max-mismatch", "1", cwd=repo)
    assert "6 of 6 logged rows compared" in said
    assert "NOT MATERIALIZED" in said and "trips:rate" in said and "trips:count" not in said


def test_samples_ranges_and_tolerance(repo):
    ask = ("consistency", "--service", "service", "--json", "--max-mismatch", "1")

    def report(*more):
        return json.loads(done(*ask, *more, cwd=repo))

    assert report("--sample", "2")["compared_rows"] == 2
    assert report("--sample", "0")["compared_rows"] == 6
    assert report("--since", "2100-01-01")["logged_rows"] == 0
    assert report("--until", "2100-01-01")["logged_rows"] == 6
    [rate] = report("-f", "trips:rate", "--tolerance", "1")["features"]
    assert (rate["equal"], rate["ttl"]) == (5, 1), "the others are less than one apart"


def test_what_is_refused(repo):
    refused("consistency", "--service", "nobody", names="nobody", cwd=repo)
    refused("consistency", "--service", "silent", names="silent has no logging_config", cwd=repo)
    refused("consistency", "--service", "service", "-f", "trips:ghost", names="trips:ghost", cwd=repo)
    refused("consistency", names="--service", code=2, cwd=repo)
    refused("consistency", "--service", "service", "--max-mismatch", "2", names="--max-mismatch", code=2, cwd=repo)


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_every_offline_store_has_logs_in_files(kind, tmp_path):
    """Also one whose sources are no files: features from its tables, the log from the folder."""
    (tmp_path / "data").mkdir()
    now = datetime.now(timezone.utc).replace(microsecond=0)
    known = rows(now, (1, 1, 1, 10), (2, 2, 2, 20))
    pq.write_table(known, tmp_path / "data/trips.parquet")
    definitions = DEFINITIONS
    with postgres_server.running() if kind == "postgres" else nullcontext() as database:
        settings = "  type: duckdb\n"
        if database:
            settings = database.settings("public")
            definitions = DEFINITIONS.replace("FileSource(", "PostgreSQLSource(").replace(
                'path="data/trips.parquet"', 'table="trips"'
            ).replace(
                "from feast.types",
                "from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource\n"
                "from feast.types",
            )
            values = ", ".join(
                f"({row['driver_id']}, '{row['ts']}', '{row['made']}', {row['count']}, {row['rate']})" for row in known.to_pylist()
            )
            database.query(
                "CREATE TABLE trips (driver_id bigint, ts timestamptz, made timestamptz, count bigint, rate float8); "
                f"INSERT INTO trips VALUES {values}"
            )
        (tmp_path / "feature_store.yaml").write_text(f"{LOGGING}offline_store:\n{settings}")
        (tmp_path / "definitions.py").write_text(definitions)
        done("apply", cwd=tmp_path)
        done("materialize", "2020-01-01T00:00:00", (now + HOUR).strftime("%Y-%m-%dT%H:%M:%S"), cwd=tmp_path)
        if database:
            database.query("UPDATE trips SET count = 21, made = now() WHERE driver_id = 2")
        else:
            late = rows(now, (1, 1, 1, 10), (2, 2, 2, 21))
            pq.write_table(late, tmp_path / "data/trips.parquet")
        server = Server(tmp_path, "--no-access-log")
        status, said = server.post("/get-online-features", {"feature_service": "service", "entities": {"driver_id": [1, 2]}})
        assert status == 200, said
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0, "".join(server.lines)
        ask = ("consistency", "--service", "service", "-f", "trips:count", "--json", "--max-mismatch", "1")
        report = json.loads(done(*ask, cwd=tmp_path))
    assert (report["logged_rows"], report["compared"], report["mismatched"]) == (2, 2, 1)
    assert report["features"][0]["example"].endswith(": served 20, replayed 21")


def test_partitions_and_settings(tmp_path):
    """A server that logs into folders by date; one that does not log opens no Arrow."""
    (tmp_path / "data").mkdir()
    now = datetime.now(timezone.utc)
    pq.write_table(rows(now, (1, 1, 1, 10)), tmp_path / "data/trips.parquet")
    by_date = DEFINITIONS.replace('path="logs"', 'path="logs", partition_by=["__log_date"]')
    (tmp_path / "definitions.py").write_text(by_date)
    for enabled in (True, False):
        (tmp_path / "feature_store.yaml").write_text(LOGGING.replace("true", str(enabled).lower()))
        done("apply", cwd=tmp_path)
        server = Server(tmp_path, "--no-access-log")
        ask = {"feature_service": "service", "entities": {"driver_id": [1]}}
        assert server.post("/get-online-features", ask)[0] == 200
        with open(f"/proc/{server.process.pid}/maps") as maps:
            assert ("libfeast_batch" in maps.read()) == enabled
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
    [folder] = os.listdir(tmp_path / "logs")
    assert folder in {str(now.date()), str(datetime.now(timezone.utc).date())}
    [file] = os.listdir(tmp_path / "logs" / folder)
    assert "__log_date" not in pq.read_schema(tmp_path / "logs" / folder / file).names
    (tmp_path / "feature_store.yaml").write_text(LOGGING.replace("600", "0"))
    refused("apply", names="flush_interval_secs: expected a positive integer, not 0", cwd=tmp_path)
