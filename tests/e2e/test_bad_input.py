"""What is wrong with a repository, a definition or a file: refused, named, and nothing lost."""

from __future__ import annotations

import ctypes
import json
import resource
import shutil
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import YAML, done, executable, feast, make_repo, refused

HEAD = """from feast import *
from feast.types import Float64, Int64, String
"""
ENTITY = 'driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)\n'
SOURCE = 'source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")\n'
VIEW = """trips = FeatureView(name="trips", entities=[driver], source=source,
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64)])
"""
GOOD = HEAD + ENTITY + SOURCE + VIEW
RANGE = ("materialize", "2023-12-31T00:00:00", "2024-01-03T00:00:00")


@pytest.fixture(scope="module")
def applied(tmp_path_factory) -> Path:
    folder = make_repo(tmp_path_factory.mktemp("bad") / "repo", GOOD)
    done("apply", cwd=folder)
    return folder


@pytest.fixture
def repo(applied, tmp_path) -> Path:
    """A copy of the applied repository."""
    return Path(shutil.copytree(applied, tmp_path / "repo"))


def registry(repo: Path) -> bytes:
    return (repo / "data/registry.db").read_bytes()


def refused_and_kept(repo: Path, *args: str, names: str, **options):
    """A refusal after which the registry has the bytes that it had."""
    before = registry(repo)
    result = refused(*args, names=names, cwd=repo, **options)
    assert registry(repo) == before
    return result


# ---------------------------------------------------------------- feature_store.yaml

BROKEN_YAML = {
    "not yaml": ("project: [unclosed\n", "line 1"),
    "undefined variable": (YAML.replace("tiny", "${NOT_DEFINED_HERE}"), "NOT_DEFINED_HERE"),
    "no project": (YAML.replace("project: tiny\n", ""), "project"),
    "bad project": (YAML.replace("tiny", "has space"), "has space"),
    "unknown online store": (YAML.replace("type: sqlite", "type: no_such_store"), "no_such_store"),
    "unknown offline store": (YAML + "offline_store:\n  type: no_such_store\n", "no_such_store"),
    "unknown registry": (YAML.replace("registry: data/registry.db", "registry:\n  registry_type: nope\n  path: x"), "nope"),
    "unknown option": (YAML + "offline_store:\n  type: file\n  colour: red\n", "colour"),
    "wrong type": (YAML.replace("version: 3", "version: many"), "many"),
}


@pytest.mark.parametrize("case", BROKEN_YAML)
def test_broken_configuration(repo, case):
    text, names = BROKEN_YAML[case]
    (repo / "feature_store.yaml").write_text(text)
    refused_and_kept(repo, "materialize-incremental", "2024-01-03", names=names)


@pytest.mark.parametrize("command", ["apply", "entities list"])
def test_broken_configuration_stops_every_command(repo, command):
    text, names = BROKEN_YAML["undefined variable"]
    (repo / "feature_store.yaml").write_text(text)
    refused_and_kept(repo, *command.split(), names=names)


def test_the_message_names_file_and_line(repo):
    (repo / "feature_store.yaml").write_text(YAML + "offline_store:\n  type: file\n  colour: red\n")
    result = refused_and_kept(repo, "apply", names="feature_store.yaml, line 10")
    assert "colour" in result.stderr


# ---------------------------------------------------------------- definitions

BROKEN_DEFINITIONS = {
    "syntax": ("x = 1\ndef broken(:\n", ["definitions.py:2", "SyntaxError"]),
    "raises": ("x = 1\n\nraise RuntimeError('boom here')\n", ["definitions.py:3", "RuntimeError: boom here"]),
    "exits": ("import sys\nsys.exit(0)\n", ["definitions.py:2", "SystemExit"]),
    "missing import": ("import no_such_module\n", ["definitions.py:1", "no_such_module"]),
    "missing variable": (HEAD + 'import os\nos.environ["NO_SUCH_VARIABLE"]\n', ["definitions.py:4", "NO_SUCH_VARIABLE"]),
    "wrong type": (HEAD + 'Entity(name="driver", join_keys=3)\n', ["definitions.py:3"]),
    "same view twice": (GOOD + VIEW.replace("trips =", "again ="), ["trips"]),
    "same but for case": (GOOD + VIEW.replace('trips = FeatureView(name="trips"', 'a = FeatureView(name="TRIPS"'), ["TRIPS"]),
    "same source twice": (GOOD + 'b = FileSource(name="TRIPS_source", path="b", timestamp_field="t")\n', ["TRIPS_source"]),
    "unknown entity": (HEAD + SOURCE + VIEW.replace("[driver]", '[Entity(name="ghost", join_keys=["driver_id"])]'), ["ghost"]),
    "other project": (GOOD + 'p = Project(name="other")\n', ["other", "feature_store.yaml"]),
    "two projects": (GOOD + 'p = Project(name="tiny")\nq = Project(name="second")\n', ["roject"]),
    "missing file": (
        HEAD + ENTITY + SOURCE.replace("trips.parquet", "nowhere.parquet")
        + 'trips = FeatureView(name="trips", entities=[driver], source=source)\n', ["nowhere.parquet"],
    ),
}


@pytest.mark.parametrize("case", BROKEN_DEFINITIONS)
def test_broken_definitions(repo, case):
    text, names = BROKEN_DEFINITIONS[case]
    (repo / "definitions.py").write_text(text)
    result = refused_and_kept(repo, "apply", names=names[0])
    for name in names:
        assert name in result.stderr


@pytest.mark.parametrize("case", ["raises", "same but for case"])
def test_plan_refuses_what_apply_refuses(repo, case):
    text, names = BROKEN_DEFINITIONS[case]
    (repo / "definitions.py").write_text(text)
    refused_and_kept(repo, "plan", names=names[0])


def test_a_traceback_is_there_for_who_asks(repo):
    (repo / "definitions.py").write_text("raise RuntimeError('boom here')\n")
    result = feast("--log-level", "DEBUG", "apply", cwd=repo)
    assert result.returncode == 1 and "Traceback" in result.stderr and "boom here" in result.stderr


# ---------------------------------------------------------------- data

TIMES = pa.array([datetime(2024, 1, 1), datetime(2024, 1, 2)], pa.timestamp("us", tz="UTC"))
TRIPS = {"driver_id": pa.array([1001, 1002]), "ts": TIMES, "count": pa.array([3, 4])}
BROKEN_DATA = {
    "no file": (None, ["trips.parquet"]),
    "no parquet": (b"this is text", ["trips.parquet"]),
    "truncated": (b"PAR1\x15\x04", ["trips.parquet"]),
    "no column": ({key: TRIPS[key] for key in ("driver_id", "ts")}, ["count"]),
    "no key column": ({key: TRIPS[key] for key in ("count", "ts")}, ["driver_id"]),
    "no time column": ({key: TRIPS[key] for key in ("count", "driver_id")}, ["ts"]),
    "time is text": ({**TRIPS, "ts": pa.array(["yesterday", "today"])}, ["ts"]),
    "text for a number": ({**TRIPS, "count": pa.array(["three", "four"])}, ["count"]),
}


def break_data(repo: Path, data) -> None:
    file = repo / "data/trips.parquet"
    file.unlink()
    if isinstance(data, bytes):
        file.write_bytes(data)
    elif data is not None:
        pq.write_table(pa.table(data), file)


@pytest.mark.parametrize("case", BROKEN_DATA)
def test_broken_data_is_not_materialized(repo, case):
    data, names = BROKEN_DATA[case]
    break_data(repo, data)
    result = refused(*RANGE, names=names[0], cwd=repo)
    assert "trips" in result.stderr
    dump = json.loads(done("registry-dump", cwd=repo))
    assert "materializationIntervals" not in dump["featureViews"][0]["meta"]


@pytest.mark.parametrize("case", [case for case in BROKEN_DATA if case != "text for a number"])
def test_apply_warns_of_broken_data(repo, case):
    data, names = BROKEN_DATA[case]
    break_data(repo, data)
    result = feast("apply", cwd=repo)
    assert result.returncode == 0, result.stderr
    assert "warning: feature view 'trips'" in result.stderr and names[0] in result.stderr
    assert feast("apply", "--skip-source-validation", cwd=repo).stderr == ""
    assert feast("--log-level", "error", "apply", cwd=repo).stderr == ""


# ---------------------------------------------------------------- requests

ROWS = json.dumps([{"driver_id": 1001, "event_timestamp": "2024-01-01T12:00:00"}])
BROKEN_REQUESTS = {
    "unknown feature": (["get-online-features", "-e", "driver_id=1", "-f", "trips:ghost"], "ghost"),
    "unknown view": (["get-online-features", "-e", "driver_id=1", "-f", "ghosts:count"], "ghosts"),
    "bad reference": (["get-online-features", "-e", "driver_id=1", "-f", "trips"], "trips"),
    "missing key": (["get-online-features", "-e", "ghost_id=1", "-f", "trips:count"], "driver_id"),
    "no number": (["get-online-features", "-e", "driver_id=abc", "-f", "trips:count"], "abc"),
    "no pair": (["get-online-features", "-e", "driver_id", "-f", "trips:count"], "driver_id"),
    "unknown feature then": (["get-historical-features", "-d", ROWS, "-f", "trips:ghost"], "ghost"),
    "unknown view then": (["get-historical-features", "-d", ROWS, "-f", "ghosts:count"], "ghosts"),
    "missing key then": (
        ["get-historical-features", "-d", '[{"event_timestamp": "2024-01-01"}]', "-f", "trips:count"], "driver_id",
    ),
    "no time": (["get-historical-features", "-d", '[{"driver_id": 1}]', "-f", "trips:count"], "event_timestamp"),
    "time is none": (
        ["get-historical-features", "-d", '[{"driver_id": 1, "event_timestamp": "noon"}]', "-f", "trips:count"], "noon",
    ),
    "no json": (["get-historical-features", "-d", "[{", "-f", "trips:count"], "JSON"),
    "no list": (["get-historical-features", "-d", "3", "-f", "trips:count"], "list"),
    "rows and dates": (["get-historical-features", "-d", ROWS, "-s", "2024-01-01", "-f", "trips:count"], "--start-date"),
    "neither": (["get-historical-features", "-f", "trips:count"], "--dataframe"),
    "start is none": (["get-historical-features", "-s", "noon", "-f", "trips:count"], "noon"),
    "materialize noon": (["materialize", "noon", "2024-01-01"], "noon"),
    "materialize backwards": (["materialize", "2024-01-02", "2024-01-01"], "2024-01-02 00:00:00+00:00 is greater"),
    "materialize nothing": ([*RANGE, "-v", "ghosts"], "ghosts"),
    "version of many": ([*RANGE, "--version", "v1"], "--views"),
    "version of none": ([*RANGE, "-v", "trips", "--version", "v1"], "enable_online_feature_view_versioning"),
    "incremental noon": (["materialize-incremental", "noon"], "noon"),
}


@pytest.mark.parametrize("case", BROKEN_REQUESTS)
def test_broken_requests(repo, case):
    args, names = BROKEN_REQUESTS[case]
    result = refused_and_kept(repo, *args, names=names)
    assert result.stdout == ""


# ---------------------------------------------------------------- the registry file


@pytest.mark.parametrize("command", ["apply", "plan", "entities list", "registry-dump", " ".join(RANGE), "teardown"])
@pytest.mark.parametrize("bytes_", [b"this is no registry\xff\xff", None], ids=["corrupt", "truncated"])
def test_a_broken_registry_is_named_and_kept(repo, command, bytes_):
    file = repo / "data/registry.db"
    file.write_bytes(bytes_ if bytes_ else file.read_bytes()[:-7])
    refused_and_kept(repo, *command.split(), names="registry.db")


LIBC = ctypes.CDLL(None)


def obey_modes() -> None:
    """Takes from root, and from what it starts, the right to write where a mode forbids it."""
    drop_from_bounding_set, may_override_modes = 24, 1
    LIBC.prctl(drop_from_bounding_set, may_override_modes, 0, 0, 0)


def test_a_folder_that_cannot_be_written(repo):
    (repo / "data").chmod(0o555)
    (repo / "definitions.py").write_text(HEAD + ENTITY)
    try:
        refused_and_kept(repo, "apply", names="data", preexec_fn=obey_modes)
    finally:
        (repo / "data").chmod(0o755)


def small_files() -> None:
    """Every write beyond 512 bytes of a file fails, as on a full disk."""
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))


def test_a_full_disk_leaves_the_old_registry(repo):
    (repo / "definitions.py").write_text(GOOD.replace("count", "dist").replace("dtype=Int64)])", "dtype=Float64)])"))
    refused_and_kept(repo, "apply", names="", preexec_fn=small_files)
    assert done("plan", cwd=repo).count("Updated feature view trips") == 1
    done("apply", cwd=repo)


def test_a_full_disk_ends_a_materialization(repo):
    before = registry(repo)
    refused(*RANGE, names="online.db", cwd=repo, preexec_fn=small_files)
    assert registry(repo) == before
    done(*RANGE, cwd=repo)


def test_output_that_cannot_be_written_is_an_error(repo):
    import subprocess

    from command import environment

    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [executable(), "entities", "list"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=repo,
            env=environment(), timeout=60,
        )
    assert result.returncode == 1 and "standard output" in result.stderr


# ---------------------------------------------------------------- new repositories


def test_init_says_what_is_wrong(tmp_path):
    refused("init", "no-dash", names="no-dash", cwd=tmp_path)
    refused("init", "-t", "no_such_template", "name", names="no_such_template", code=2, cwd=tmp_path)
    (tmp_path / "taken").write_text("a file")
    refused("init", "-m", "taken", names="taken", cwd=tmp_path)
    done("init", "-m", "mine", cwd=tmp_path)
    before = (tmp_path / "mine/feature_repo/feature_store.yaml").read_text()
    refused("init", "-m", "mine", names="mine", cwd=tmp_path)
    assert (tmp_path / "mine/feature_repo/feature_store.yaml").read_text() == before
