"""`feast get-historical-features` beyond upstream's options: files in and out, plans, progress, Ctrl-C."""

import json
import os
import pty
import signal
import subprocess
from datetime import datetime, timezone

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from command import YAML, done, environment, executable, make_repo, refused

DEFINITIONS = """
from datetime import timedelta
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")
trips = FeatureView(name="trips", entities=[driver], ttl=timedelta(days=365), source=source,
                    schema=[Field(name="count", dtype=Int64), Field(name="dist", dtype=Float64)])
service = FeatureService(name="service", features=[trips])
"""
NOON = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
WANTED = {"driver_id": [1001, 7], "event_timestamp": [NOON, NOON], "count": [3, None], "dist": [1.5, None]}


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    folder = make_repo(tmp_path_factory.mktemp("training"), DEFINITIONS, YAML + "offline_store:\n  type: duckdb\n")
    done("-c", str(folder), "apply")
    return folder


@pytest.fixture
def asking(repo, tmp_path):
    rows = pa.table({"driver_id": [1001, 7], "event_timestamp": pa.array([NOON, NOON], pa.timestamp("us", tz="UTC"))})
    pq.write_table(rows, tmp_path / "rows.parquet")
    pyarrow.csv.write_csv(rows, tmp_path / "rows.csv")
    return ["-c", str(repo), "get-historical-features", "--feature-service", "service"]


@pytest.mark.parametrize("rows", ["rows.parquet", "rows.csv"])
@pytest.mark.parametrize("output", ["out.parquet", "out.csv"])
def test_files_in_and_out(asking, tmp_path, rows, output):
    said = done(*asking, "--entity-file", str(tmp_path / rows), "-o", str(tmp_path / output))
    assert said == ""
    read = pq.read_table if output.endswith("parquet") else pyarrow.csv.read_csv
    assert read(tmp_path / output).to_pydict() == WANTED
    assert sorted(os.listdir(tmp_path)) == sorted(["rows.csv", "rows.parquet", output])


def test_rows_of_a_query(asking):
    said = done(*asking, "--entity-sql", "SELECT driver_id, max(ts) AS event_timestamp FROM trips_source GROUP BY 1")
    assert json.loads(said) == [{"driver_id": 1001, "event_timestamp": 1704153600000, "count": 4, "dist": 2.5}]


def test_full_names_of_a_range(repo):
    ask = ("-c", str(repo), "get-historical-features", "-f", "trips:count", "--full-feature-names")
    [row] = json.loads(done(*ask, "-e", "2024-01-01 12:00:00"))
    assert row["trips__count"] == 3
    assert done(*ask, "-e", "2020-01-01") == "[]\n"


def test_the_plan(asking, tmp_path):
    said = done(*asking, "--entity-file", str(tmp_path / "rows.parquet"), "--explain")
    for text in (
        "offline store 'duckdb': 2 entity rows from 2024-01-01 12:00:00 to 2024-01-01 12:00:00",
        "source   source 'trips_source' (data/trips.parquet)",
        "reads    1 of 1 files, 1 of 1 groups, 2 of 2 rows",
        "scan     driver_id, ts",
        "features count, dist",
        "filter   ts >= 2023-01-01 11:59:59.999999 and ts <= 2024-01-01 12:00:00.000001",
        "join     as-of join in this process",
    ):
        assert text in said, said


def test_what_is_refused(asking, repo, tmp_path):
    rows = str(tmp_path / "rows.parquet")
    refused(*asking, "--entity-file", rows, "-o", str(tmp_path / "out.txt"), names=".parquet or .csv")
    refused(*asking, "--entity-file", rows, "-o", "/nowhere/out.csv", names="/nowhere/out.csv")
    refused(*asking, "--entity-file", rows, "-d", "[]", names="--entity-sql")
    refused(*asking, "--entity-file", rows, "-f", "trips:count", names="--feature-service")
    refused(*asking, "--entity-file", str(tmp_path / "none.csv"), names="none.csv")
    (tmp_path / "broken.parquet").write_text("no")
    refused(*asking, "--entity-file", str(tmp_path / "broken.parquet"), names="broken.parquet")
    (tmp_path / "timeless.csv").write_text("driver_id\n1001\n")
    refused(*asking, "--entity-file", str(tmp_path / "timeless.csv"), names="event_timestamp")


def test_a_disk_that_is_full_leaves_the_old_file(asking, tmp_path):
    (tmp_path / "out.csv").write_text("old")
    limited = ["bash", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$@"', "bash", executable(), *asking]
    ran = subprocess.run(
        [*limited, "--entity-file", str(tmp_path / "rows.csv"), "-o", str(tmp_path / "out.csv")],
        capture_output=True, text=True, env=environment(), timeout=60,
    )
    assert ran.returncode == 1 and "out.csv" in ran.stderr, ran.stderr
    assert (tmp_path / "out.csv").read_text() == "old"
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_progress_and_interrupt(tmp_path):
    """A join of seconds on a terminal: a bar, then Ctrl-C ends it and leaves the old file."""
    repo = make_repo(tmp_path / "large", DEFINITIONS)
    count = 6_000_000
    times = np.arange(count, dtype="int64") % 1000 * 1_000_000 + 1_704_067_200_000_000
    pq.write_table(
        pa.table(
            {
                "driver_id": np.arange(count) % 100_000,
                "ts": pa.array(times, pa.timestamp("us", tz="UTC")),
                "count": np.arange(count),
                "dist": np.arange(count) / 7,
            }
        ),
        repo / "data/trips.parquet", row_group_size=100_000, compression="none",
    )
    done("-c", str(repo), "apply")
    rows = pa.table({"driver_id": np.arange(100_000), "event_timestamp": pa.array([NOON] * 100_000)})
    pq.write_table(rows, tmp_path / "rows.parquet")
    (tmp_path / "out.csv").write_text("old")
    terminal, theirs = pty.openpty()
    ran = subprocess.Popen(
        [executable(), "-c", str(repo), "get-historical-features", "-f", "trips:count", "-f", "trips:dist",
         "--entity-file", str(tmp_path / "rows.parquet"), "-o", str(tmp_path / "out.csv")],
        stderr=theirs, stdout=subprocess.PIPE, env=environment(),
    )
    os.close(theirs)
    said = b""
    while b"MB/s" not in said:
        said += os.read(terminal, 4096)
    ran.send_signal(signal.SIGINT)
    assert ran.wait(60) == 130
    said += os.read(terminal, 65536)
    assert b"scanning" in said and b"/6000000 rows" in said and b" left" in said, said
    assert b"interrupted" in said and b"out.csv is as it was" in said, said
    assert (tmp_path / "out.csv").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["large", "out.csv", "rows.parquet"]
