"""`feast serve`: its batch processes, its limits, and how it ends."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import YAML, environment, executable

DEFINITIONS = """
from feast import Entity, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")
trips = FeatureView(
    name="trips", entities=[driver], source=PushSource(name="trips_push", batch_source=source),
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64), Field(name="rate", dtype=Float64)],
)
"""
READ = {"features": ["trips:count", "trips:rate"], "entities": {"driver_id": [1001]}}
WHOLE = {"start_ts": "2024-01-01", "end_ts": "2024-02-01"}
WAIT = 60


def frame(driver: int, count: int, rate: object = 0.5, time_text: str = "2024-03-01T00:00:00Z") -> dict:
    return {"driver_id": [driver], "ts": [time_text], "count": [count], "rate": [rate]}


def eventually(what):
    """The first truthy result of `what`."""
    end = time.monotonic() + WAIT
    while not (result := what()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)
    return result


class Server:
    """A running `feast serve` on a port of the system's choice, or another command that serves."""

    def __init__(self, repo: Path, *args: str, command: tuple[str, ...] = ("serve", "-p", "0")):
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [executable(), *command, *args], cwd=repo, env=environment(), stderr=subprocess.PIPE, text=True
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.url = eventually(lambda: self.process.poll() is not None or self.said(r"ready on (\S+)"))
        assert isinstance(self.url, str), "".join(self.lines)

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)

    def said(self, pattern: str) -> str | None:
        found = re.search(pattern, "".join(self.lines))
        return found and found[1]

    def post(self, path: str, body: object) -> tuple[int, str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=WAIT) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def read(self, driver: int = 1001) -> list:
        status, text = self.post("/get-online-features", {**READ, "entities": {"driver_id": [driver]}})
        assert status == 200, text
        answer = json.loads(text)
        columns = dict(zip(answer["metadata"]["feature_names"], answer["results"]))
        return [columns[name]["values"][0] for name in ("count", "rate")]

    def metrics(self) -> str:
        port = self.said(r"Metrics on port (\d+)")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/anything", timeout=WAIT) as answer:
            return answer.read().decode()

    def children(self) -> list[int]:
        """The batch processes."""
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                command = Path(f"/proc/{child}/cmdline")
                if command.exists() and b"batch-jobs" in command.read_bytes():
                    found.append(int(child))
        return found

    def loads_the_batch_module(self) -> bool:
        return "libfeast_batch" in Path(f"/proc/{self.process.pid}/maps").read_text()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self) -> int:
        """The exit code of a server that was told to stop; a second signal would end it at once."""
        code = self.process.wait(WAIT)
        self.reader.join(WAIT)
        return code


def make_repo(folder: Path, yaml: str = "", definitions: str = "", base: str = YAML) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "feature_store.yaml").write_text(base + yaml)
    (folder / "definitions.py").write_text(DEFINITIONS + definitions)
    times = pa.array([datetime(2024, 1, day, tzinfo=timezone.utc) for day in (1, 2)], pa.timestamp("us", tz="UTC"))
    table = pa.table({"driver_id": [1001, 1002], "ts": times, "count": [3, 4], "rate": [0.5, 0.25]})
    pq.write_table(table, folder / "data/trips.parquet")
    command = [executable(), "apply"]
    result = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture
def repo(tmp_path) -> Path:
    return make_repo(tmp_path / "repo")


@pytest.fixture
def start(repo):
    """Starts servers that end with the test."""
    running: list[Server] = []

    def begin(*args: str, folder: Path = repo) -> Server:
        running.append(Server(folder, *args))
        return running[-1]

    yield begin
    for server in running:
        server.process.kill()
        server.process.wait()


class Locked:
    """Holds the online store's write lock, so that a materialization waits."""

    def __init__(self, repo: Path):
        self.connection = sqlite3.connect(repo / "data/online.db", isolation_level=None, check_same_thread=False)

    def __enter__(self):
        self.connection.execute("BEGIN IMMEDIATE")
        return self

    def release(self):
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def __exit__(self, *_):
        self.release()
        self.connection.close()


def in_background(call):
    """Runs `call` on a thread; the returned function waits for its result."""
    results: list = []

    def run() -> None:
        try:
            results.append(call())
        except OSError as error:  # the server went away
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait():
        thread.join(WAIT)
        assert results, "no answer"
        return results[0]

    return wait


def test_materializations_run_in_a_process_of_their_own(start):
    server = start()
    assert server.post("/materialize", WHOLE) == (200, "null")
    assert server.read() == [3, 0.5]
    assert server.post("/materialize-incremental", {"end_ts": "2024-03-01"}) == (200, "null")
    assert server.children() == []
    assert not server.loads_the_batch_module()
    assert server.stop() == 0


def test_errors_of_a_materialization_come_back(start, repo):
    server = start()
    (repo / "data/trips.parquet").unlink()
    status, text = server.post("/materialize", WHOLE)
    assert 400 <= status < 600 and "trips.parquet" in text, (status, text)
    status, text = server.post("/materialize", {**WHOLE, "feature_views": ["nope"]})
    assert status == 404 and "FeatureViewNotFoundException" in text


def test_a_killed_materialization_is_reported_and_can_be_run_again(start, repo):
    server = start()
    with Locked(repo):
        answer = in_background(lambda: server.post("/materialize", WHOLE))
        os.kill(eventually(server.children)[0], signal.SIGKILL)
        status, text = answer()
    assert status == 500 and "killed by signal 9" in text, (status, text)
    assert server.post("/materialize", WHOLE) == (200, "null")
    assert server.read() == [3, 0.5]


def test_a_view_serves_while_it_is_materialized(start, repo):
    server = start()
    assert server.post("/materialize", WHOLE)[0] == 200
    with Locked(repo):
        status, text = server.post("/materialize?async=true", WHOLE)
        assert (status, json.loads(text)) == (202, {"status": "accepted", "feature_views": ["trips"]})
        assert server.post("/materialize?async=true", WHOLE)[0] == 409
        assert server.read() == [3, 0.5]
    eventually(lambda: not server.children())
    eventually(lambda: server.post("/materialize?async=true", WHOLE)[0] == 202)


def test_offline_pushes_share_one_process(start, repo):
    server = start()
    pushes = []
    for count in (1, 2):
        body = {"push_source_name": "trips_push", "df": frame(7, count), "to": "offline"}
        assert server.post("/push", body) == (200, "")
        pushes.append(server.children())
    assert len(pushes[0]) == 1 and pushes[0] == pushes[1]
    os.kill(pushes[0][0], signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{pushes[0][0]}/exe").exists())
    both = {"push_source_name": "trips_push", "df": frame(7, 3, float("nan")), "to": "online_and_offline"}
    assert server.post("/push", both) == (200, "")
    assert server.read(7) == [3, None]
    rows = pq.read_table(repo / "data/trips.parquet").to_pylist()
    assert [row["count"] for row in rows if row["driver_id"] == 7] == [1, 2, 3]
    status, text = server.post("/push", {**both, "df": {"driver_id": [7]}, "to": "offline"})
    assert status == 400 and "missing_expected_columns" in text
    assert not server.loads_the_batch_module()
    child = server.children()
    assert server.stop() == 0
    assert not Path(f"/proc/{child[0]}/exe").exists()


def test_queued_offline_pushes_are_written_before_the_end(tmp_path, start):
    batching = """feature_server:
  offline_push_batching_enabled: true
  offline_push_batching_batch_size: 1000
  offline_push_batching_batch_interval_seconds: 3600
"""
    repo = make_repo(tmp_path / "batching", batching)
    server = start(folder=repo)
    for count in (1, 2):
        body = {"push_source_name": "trips_push", "df": frame(8, count), "to": "online_and_offline"}
        assert server.post("/push", body) == (202, "")
    assert server.read(8) == [2, 0.5]
    assert pq.read_table(repo / "data/trips.parquet").num_rows == 2
    assert server.stop() == 0
    assert pq.read_table(repo / "data/trips.parquet").num_rows == 4


def test_requests_in_flight_are_answered_before_the_end(start, repo):
    server = start()
    with Locked(repo) as lock:
        answer = in_background(lambda: server.post("/materialize", WHOLE))
        eventually(server.children)
        server.process.send_signal(signal.SIGTERM)

        def refused() -> bool:
            try:
                server.post("/get-online-features", READ)
            except urllib.error.URLError:
                return True
            return False

        eventually(refused)
        lock.release()
        assert answer() == (200, "null")
    assert server.end() == 0


def test_the_end_does_not_wait_for_ever(tmp_path, start):
    repo = make_repo(tmp_path / "impatient", "native: {server: {drain_timeout_seconds: 1}}\n")
    server = start(folder=repo)
    with Locked(repo):
        in_background(lambda: server.post("/materialize", WHOLE))
        child = eventually(server.children)[0]
        assert server.stop() == 0
        assert not Path(f"/proc/{child}/exe").exists()


def test_a_batch_process_ends_with_its_server(start):
    server = start()
    body = {"push_source_name": "trips_push", "df": frame(7, 1), "to": "offline"}
    assert server.post("/push", body)[0] == 200
    child = server.children()[0]
    server.process.kill()
    server.process.wait()
    eventually(lambda: not Path(f"/proc/{child}/exe").exists())


def test_limits(tmp_path, start):
    repo = make_repo(tmp_path / "limits", "native: {server: {max_body_bytes: 1000}}\n")
    server = start(folder=repo)
    status, text = server.post("/push", b"x" * 1001)
    assert status == 413 and "1000 bytes" in text
    assert server.post("/get-online-features", b'{"features": "\xff"}')[0] == 400
    assert server.post("/get-online-features", b"[" * 300 + b"]" * 300)[0] == 400
    assert server.post("/get-online-features", b"{")[0] == 422
    assert server.post("/get-online-features", {**READ, "features": ["trips:nope"]})[0] == 400
    assert server.post("/get-online-features", READ)[0] == 200


def test_metrics_on_a_port_of_their_own(tmp_path, start):
    server = start("--metrics", folder=make_repo(tmp_path / "metrics", "native: {server: {metrics_port: 0}}\n"))
    server.read()
    assert server.post("/materialize", WHOLE)[0] == 200
    text = server.metrics()
    with urllib.request.urlopen(server.url + "/metrics", timeout=WAIT) as answer:
        assert 'registry_generation ' in answer.read().decode()
    assert 'request_total{endpoint="/get-online-features",status="success"} 1' in text
    assert 'materialization_result_total{feature_view="trips",status="success"} 1' in text
    assert 'status_total{feature_view="trips",status="not_found"} 2' in text
    assert 'offline_store_row_count_sum{method="to_arrow"} 2' in text
    assert server.said("(--max-requests)") is None


def test_a_cache_answers_until_it_is_told_or_old(tmp_path, start):
    yaml = "native: {server: {metrics_port: 0, cache: {views: {trips: 3600}}}}\n"
    repo = make_repo(tmp_path / "cached", yaml)
    server = start("--metrics", folder=repo)

    def push(value: int, day: int) -> None:
        rows = frame(1001, value, time_text=f"2024-03-{day:02}T00:00:00Z")
        assert server.post("/push", {"push_source_name": "trips_push", "df": rows, "to": "online"})[0] == 200

    assert server.read()[0] is None
    push(5, 1)
    assert [server.read()[0], server.read()[0]] == [5, 5]
    with sqlite3.connect(repo / "data/online.db") as db:
        db.execute("DELETE FROM tiny_trips")
    assert server.read()[0] == 5, "another process's change is not seen before its time"
    assert server.post("/materialize", WHOLE)[0] == 200
    assert server.read()[0] == 3, "a materialization of this server is"
    text = server.metrics()
    assert 'online_cache_rows_total{result="hit"} 2' in text
    assert 'online_cache_rows_total{result="miss"} 3' in text
    assert "online_cache_entries 1" in text


STORED = """
from feast import RequestSource
from feast.on_demand_feature_view import on_demand_feature_view

asked = RequestSource(name="asked", schema=[Field(name="x", dtype=Int64)])

@on_demand_feature_view(
    sources=[asked], entities=[driver], mode="python", write_to_online_store=True, track_metrics=True,
    schema=[Field(name="doubled", dtype=Int64)],
)
def stored(rows):
    return {"doubled": [2 * x for x in rows["x"]]}

@on_demand_feature_view(sources=[trips], mode="python", track_metrics=True, schema=[Field(name="more", dtype=Int64)])
def computed(rows):
    return {"more": [count + 1 for count in rows["count"]]}
"""


def test_on_demand_views_are_transformed_when_written_and_timed(tmp_path, start):
    native = "native: {server: {metrics_port: 0}}\n"
    server = start("--metrics", folder=make_repo(tmp_path / "stored", native, STORED))
    write = {"feature_view_name": "stored", "df": {"driver_id": [1], "x": [5]}}
    assert server.post("/write-to-online-store", write) == (200, "null")
    as_it_is = {"feature_view_name": "stored", "df": {"driver_id": [2], "doubled": [7]}, "transform_on_write": False}
    assert server.post("/write-to-online-store", as_it_is) == (200, "null")
    push = {"push_source_name": "trips_push", "df": frame(1, 3), "transform_on_write": False}
    assert server.post("/push", push) == (200, "")
    read = {"features": ["stored:doubled"], "entities": {"driver_id": [1, 2]}}
    status, text = server.post("/get-online-features", read)
    assert status == 200 and json.loads(text)["results"][1]["values"] == [10, 7], text
    read = {"features": ["computed:more"], "entities": {"driver_id": [1]}}
    status, text = server.post("/get-online-features", read)
    assert status == 200 and json.loads(text)["results"][-1]["values"] == [4], text
    kept = server.metrics()
    assert 'write_transformation_duration_seconds_count{odfv_name="stored",mode="python"} 1' in kept
    assert 'server_transformation_duration_seconds_count{odfv_name="computed",mode="python"} 1' in kept
    assert "online_store_read_duration_seconds_count 2" in kept


def test_too_few_descriptors_are_said_at_the_start(repo):
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))  # noqa: E731
    process = subprocess.Popen(
        [executable(), "serve", "-p", "0"], cwd=repo, env=environment(), stderr=subprocess.PIPE, text=True, preexec_fn=few
    )
    try:
        assert "may open 300 files, and its connections could need 8448" in process.stderr.readline()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize("option", ["--max-requests=5", "--max-requests-jitter=5"])
def test_options_without_effect_say_so(start, option):
    assert start(option).said(f"warning: ({option.split('=')[0]}) has no effect")


def test_refuses_to_serve_without_the_protection_asked_for(tmp_path):
    repo = make_repo(tmp_path / "oidc", "auth: {type: oidc, auth_discovery_url: 'http://localhost/x', client_id: c}\n")
    command = [executable(), "serve", "-p", "0"]
    result = subprocess.run(command, cwd=repo, env=environment(), capture_output=True, text=True, timeout=WAIT)
    assert result.returncode == 1
    assert "auth.type 'oidc'" in result.stderr


def test_warns_of_permissions_that_are_not_enforced(tmp_path, start):
    permission = """
from feast.permissions.action import AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import RoleBasedPolicy

reader = Permission(name="reader", types=[FeatureView], policy=RoleBasedPolicy(roles=["reader"]), actions=[AuthzedAction.READ_ONLINE])
"""
    repo = make_repo(tmp_path / "permissions", definitions=permission)
    assert start(folder=repo).said("(has 1 permissions, which are not enforced)")
