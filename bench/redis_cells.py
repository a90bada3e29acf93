"""Benchmarks of the Redis online store. They start a redis-server of their own on a free port."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, List

import workload
from cells import Row, Settings, WrongAnswer
from process import LOAD_CORE, on_core, run


class Redis:
    """A server without persistence, and one plain connection to it; ends with the block."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._folder = tempfile.TemporaryDirectory()
        self._child = subprocess.Popen(
            on_core(LOAD_CORE, ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder.name]),
            stdout=subprocess.DEVNULL)

    def __enter__(self) -> "Redis":
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._child.poll() is None:
            try:
                self._connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self._replies = self._connection.makefile("rb")
                return self
            except ConnectionError:
                time.sleep(0.01)
        self.__exit__()
        raise OSError("redis-server did not start")

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait()
        self._folder.cleanup()

    def call(self, *arguments: bytes) -> Any:
        self._connection.sendall(b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in arguments))
        return self._reply()

    def cpu_seconds(self) -> float:
        return int(Path(f"/proc/{self._child.pid}/schedstat").read_text().split()[0]) / 1e9

    def _reply(self) -> Any:
        line = self._replies.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return self._replies.read(int(rest) + 2)[:-2] if rest != b"-1" else None
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        if kind == b"-":
            raise OSError(rest.decode())
        return int(rest) if kind == b":" else rest


def store(settings: Settings) -> List[Row]:
    """The store alone: 25 views of 10 features of 10,000 entities written, then read, each answer checked by the program."""
    with Redis() as redis:
        out = subprocess.run([settings.bin / "redis_store_bench", str(redis.port), "10000", "1"], check=True,
                             capture_output=True, text=True).stdout
    measured = json.loads(out)
    writes = measured.pop("writes")
    rows = [Row("redis: write a row of 10, guarded", f"{writes['again']['our_us']:.1f} µs CPU, Redis {writes['again']['redis_us']:.1f}; "
                f"as upstream sends it Redis {writes['bare_hmget_then_hset']['redis_us']:.1f}", "≤ 5 µs",
                writes["again"]["our_us"] <= 5, writes)]
    for shape, figures in measured.items():
        ours, least = figures["store"], min(figures["bare_hmget"]["redis_us"], figures["bare_hgetall"]["redis_us"])
        rows.append(Row(f"redis: read {shape}", f"{ours['our_us']:.0f} µs CPU, Redis {ours['redis_us']:.0f}; "
                        f"bare: Redis {least:.0f}", "", None, figures))
    return rows


def _check(redis: Redis, rows: int) -> None:
    if redis.call(b"DBSIZE") != rows:
        raise WrongAnswer(f"{redis.call(b'DBSIZE')} keys, expected {rows}")
    for i in range(50):
        entity = i * rows // 50
        fields = redis.call(b"HGETALL", workload.entity_key(entity) + workload.PROJECT.encode())
        values = sorted(value for name, value in zip(fields[::2], fields[1::2]) if len(name) == 4)
        want = sorted(workload.materialized_cell(entity, f)[0] for f in range(workload.WIDTH))
        if values != want:
            raise WrongAnswer(f"entity {entity} is not as generated")


def materialize(settings: Settings) -> List[Row]:
    """`feast materialize` from Parquet into an empty Redis."""
    rows = settings.materialize_rows
    folder = settings.work / "materialize_redis"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(workload.make_materialize(settings.work, rows), folder, ignore=shutil.ignore_patterns("*.db"))
    runs = []
    with Redis() as redis:
        config = (folder / "feature_store.yaml").read_text().split("online_store:")[0]
        (folder / "feature_store.yaml").write_text(
            f"{config}online_store:\n  type: redis\n  connection_string: 127.0.0.1:{redis.port}\n")
        for _ in range(settings.repeat):
            redis.call(b"FLUSHALL")
            (folder / "registry.db").unlink(missing_ok=True)
            run([settings.feast, "apply"], folder)
            before = redis.cpu_seconds()
            measured = run([settings.feast, "materialize", workload.START, workload.END], folder)
            measured["redis_cpu_seconds"] = redis.cpu_seconds() - before
            _check(redis, rows)
            runs.append(measured)
    shutil.rmtree(folder)
    best = min(runs, key=lambda r: r["seconds"])
    cost = best["cpu_seconds"] / rows * 1e6
    return [Row(f"materialize {rows:,} x 10 into Redis",
                f"{rows / best['seconds']:,.0f} rows/s, {cost:.1f} µs CPU a row, Redis {best['redis_cpu_seconds'] / best['seconds']:.0%} busy, "
                f"peak {best['peak_rss_mib']:.0f} MiB", "≤ 5 µs", cost <= 5, {"runs": runs})]
