"""The main job of a feature store on three million flights, step by step, with the time each step took.

Started by run.sh, with `feature_repo/` copied to a fresh folder. It fails if a step fails, if the join differs
from pandas' on a sample, if the server and the Python SDK answer differently, or if a pushed row is not read back.

Usage: demo.py FLIGHTS_PARQUET FEATURE_REPO [--rows N]; environment: FEAST_BIN
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from feast import FeatureStore
from feast.data_source import PushMode

AIRPORT = "ATL"
ORIGIN_FEATURES = ["origin_flights", "origin_mean_delay", "origin_worst_delay", "origin_late_share"]
ORIGIN_REFERENCES = [f"origin_hourly:{name}" for name in ORIGIN_FEATURES]
CHECKED_ROWS = 2000
SERVER_START_SECONDS = 60
SERVER_STOP_SECONDS = 20


class Demo:
    """Runs the steps in order and remembers what each did and how long it took. Thread-compatible."""

    def __init__(self, repo: Path, binary: str):
        self.repo = repo
        self.binary = binary
        self.log: list[tuple[str, str, float]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """Prints a heading, times the block, and records it with what the block appends to the list."""
        print(f"\n== {title}", flush=True)
        done: list[str] = []
        started = time.perf_counter()
        yield done
        self.log.append((title, "; ".join(done), time.perf_counter() - started))

    def run(self, *command: str) -> None:
        """Runs a command in the feature repository, its output as it comes."""
        print(f"$ {' '.join(['feast' if c == self.binary else c for c in command])}", flush=True)
        subprocess.run(command, cwd=self.repo, check=True)

    def feast(self, *arguments: str) -> None:
        self.run(self.binary, *arguments)

    def print_summary(self) -> None:
        width = max(len(title) for title, _, _ in self.log)
        print(f"\n{'step':<{width}}  {'seconds':>7}  what")
        for title, what, seconds in self.log:
            print(f"{title:<{width}}  {seconds:>7.2f}  {what}")
        print(f"{'all':<{width}}  {sum(seconds for _, _, seconds in self.log):>7.2f}")


class Server:
    """`feast serve` on a free port, while the block runs; stopped by its process id."""

    def __init__(self, repo: Path, binary: str):
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = repo.parent / "serve.log"
        self.command = [binary, "serve", "-h", "127.0.0.1", "-p", str(self.port)]
        self.repo = repo

    def __enter__(self) -> Server:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, cwd=self.repo, stdout=log, stderr=log)
        try:
            self._wait_until_healthy()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(SERVER_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + SERVER_START_SECONDS
        probe = ["curl", "--silent", "--fail", "--max-time", "2", f"{self.url}/health"]
        while subprocess.run(probe, capture_output=True).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"feast serve did not become healthy:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def online_features(self, references: list[str], entities: dict[str, list[str]]) -> dict[str, list]:
        """Asks with curl, shows the request, and returns the values by column."""
        body = json.dumps({"features": references, "entities": entities})
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "-H", "Content-Type: application/json",
                   "-d", body, f"{self.url}/get-online-features"]
        print(f"$ curl -H 'Content-Type: application/json' -d '{body}' {self.url}/get-online-features")
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if answer.returncode != 0:
            sys.exit(f"the server answered: {answer.stdout}")
        answer = json.loads(answer.stdout)
        columns = zip(answer["metadata"]["feature_names"], answer["results"], strict=True)
        return {name: column["values"] for name, column in columns}


def define(demo: Demo) -> None:
    with demo.step("1 define") as done:
        for name in "definitions.py", "feature_store.yaml":
            print(f"{demo.repo / name}")
        print((demo.repo / "feature_store.yaml").read_text().rstrip())
        done.append("2 entities, 2 feature views, 1 service, 1 push source")


def apply(demo: Demo) -> None:
    with demo.step("2 plan, apply") as done:
        demo.feast("plan")
        demo.feast("apply")
        demo.feast("feature-views", "list")
        done.append("registry file, SQLite tables")


def train(demo: Demo, store: FeatureStore) -> None:
    """Joins the features as they were known when each flight departed."""
    with demo.step("3 training data") as done:
        entities = pd.read_parquet(demo.repo / "data" / "entities.parquet")
        started = time.perf_counter()
        service = store.get_feature_service("late_flight_model")
        frame = store.get_historical_features(entity_df=entities, features=service).to_df()
        seconds = time.perf_counter() - started
        if len(frame) != len(entities):
            sys.exit(f"training data has {len(frame)} rows for {len(entities)} flights")
        print(frame.head().to_string())
        rate = f"{len(frame):,} rows in {seconds:.2f} s, {len(frame) / seconds:,.0f} rows/s"
        print(rate)
        check_join(demo.repo / "data" / "origin_hourly.parquet", frame, timedelta(days=7))
        busy = frame["route_late_share"] > 0.5
        print(f"late flights: {frame['late'].mean():.1%} of all, "
              f"{frame.loc[busy, 'late'].mean():.1%} after a day on which the route ran late")
        done.append(rate)


def check_join(features: Path, frame: pd.DataFrame, ttl: timedelta) -> None:
    """Repeats the join for a sample of rows with pandas; exits if a value differs."""
    sample = frame.iloc[:: max(1, len(frame) // CHECKED_ROWS)][["event_timestamp", "origin", *ORIGIN_FEATURES]]
    left = sample[["event_timestamp", "origin"]].sort_values("event_timestamp", kind="stable")
    right = pq.read_table(features).to_pandas().sort_values(["event_timestamp", "created"])
    left["event_timestamp"] = pd.to_datetime(left["event_timestamp"], utc=True).astype(
        right["event_timestamp"].dtype)
    joined = pd.merge_asof(left.reset_index(), right, on="event_timestamp", by="origin", tolerance=ttl)
    joined = joined.set_index("index").loc[sample.index]
    for name in ORIGIN_FEATURES:
        ours, theirs = (np.asarray(f[name], dtype="float64") for f in (sample, joined))
        if not np.array_equal(ours, theirs, equal_nan=True):
            sys.exit(f"{name} differs from pandas.merge_asof in {(ours != theirs).sum()} of {len(sample)} rows")
    print(f"{len(sample):,} of these rows repeated with pandas.merge_asof: equal")


def materialize(demo: Demo, now: datetime) -> None:
    with demo.step("4 materialize-incremental") as done:
        started = time.perf_counter()
        demo.feast("materialize-incremental", now.strftime("%Y-%m-%dT%H:%M:%S"))
        seconds = time.perf_counter() - started
        read = sum(rows_since(demo.repo / "data" / f"{name}.parquet", now - ttl) for name, ttl in
                   (("origin_hourly", timedelta(days=7)), ("route_daily", timedelta(days=30))))
        written = sum(keys_online(demo.repo / "data" / "online_store.db", table) for table in
                      ("flights_origin_hourly", "flights_route_daily"))
        done.append(f"{read:,} rows read, {written:,} keys written, {read / seconds:,.0f} rows/s with start-up")
        print(done[-1])


def rows_since(path: Path, start: datetime) -> int:
    return pq.read_table(path, columns=["event_timestamp"], filters=[("event_timestamp", ">=", start)]).num_rows


def keys_online(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(f"SELECT count(DISTINCT entity_key) FROM {table}").fetchone()[0]


def read_both(server: Server, store: FeatureStore) -> dict[str, list]:
    """Reads one airport over HTTP and by the SDK; exits if the answers differ."""
    over_http = server.online_features(ORIGIN_REFERENCES, {"origin": [AIRPORT]})
    by_sdk = store.get_online_features(features=ORIGIN_REFERENCES, entity_rows=[{"origin": AIRPORT}]).to_dict()
    print(f"HTTP  {json.dumps(over_http)}")
    print(f"SDK   {json.dumps(by_sdk, default=str)}")
    if over_http != by_sdk:
        sys.exit("the server and the SDK answer differently")
    if any(values == [None] for values in by_sdk.values()):
        sys.exit(f"a feature of {AIRPORT} is missing")
    return by_sdk


def push(demo: Demo, server: Server, store: FeatureStore, now: datetime) -> None:
    with demo.step("6 push, read") as done:
        row = {"origin": AIRPORT, "event_timestamp": now, "created": now, "origin_flights": 61,
               "origin_mean_delay": 42.5, "origin_worst_delay": 180, "origin_late_share": 0.75}
        print(f"push  {json.dumps(row, default=str)}")
        store.push("origin_hourly_push", pd.DataFrame([row]).astype(
            {"origin_mean_delay": "float32", "origin_late_share": "float32"}), to=PushMode.ONLINE)
        answer = read_both(server, store)
        stale = [name for name in ORIGIN_FEATURES if answer[name] != [row[name]]]
        if stale:
            sys.exit(f"the pushed row is not read back: {', '.join(stale)}")
        done.append("HTTP and SDK read the pushed row")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flights", type=Path)
    parser.add_argument("repo", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of training data")
    arguments = parser.parse_args()
    now = datetime.now(timezone.utc).replace(microsecond=0)
    demo = Demo(arguments.repo.resolve(), os.environ["FEAST_BIN"])

    with demo.step("0 prepare tables") as done:
        prepare = str(Path(__file__).with_name("prepare.py"))
        demo.run(sys.executable, prepare, str(arguments.flights.resolve()), "data",
                 "--rows", str(arguments.rows), "--until", now.date().isoformat())
        done.append("3 Parquet files")
    define(demo)
    apply(demo)
    store = FeatureStore(repo_path=str(demo.repo))
    train(demo, store)
    materialize(demo, now)
    with ExitStack() as running:
        with demo.step("5 serve, read") as done:
            server = running.enter_context(Server(demo.repo, demo.binary))
            print(f"$ feast serve -p {server.port}    # process {server.process.pid}")
            read_both(server, store)
            done.append("HTTP and SDK agree")
        push(demo, server, store, now)
    demo.print_summary()


if __name__ == "__main__":
    main()
