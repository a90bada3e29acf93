"""Benchmarks of the Redis online store. They start a redis-server of their own on a free port."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Iterator, List

import workload
from cells import Row, Settings, WrongAnswer
from process import LOAD_CORE, on_core, run


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A server without persistence, and one plain connection to it; ends with the block."""

    def __init__(self, *arguments: str) -> None:
        self.port = _free_port()
        self._folder = tempfile.TemporaryDirectory()
        self._child = subprocess.Popen(
            on_core(LOAD_CORE, ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder.name,
                                *arguments]),
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


@contextmanager
def _cluster(count: int) -> Iterator[List[Redis]]:
    """Primaries that share the slots evenly."""
    buses = [_free_port() for _ in range(count)]
    with ExitStack() as stack:
        servers = [stack.enter_context(Redis("--cluster-enabled", "yes", "--cluster-port", str(bus))) for bus in buses]
        for i, server in enumerate(servers):
            server.call(b"CLUSTER", b"ADDSLOTSRANGE", b"%d" % (16384 * i // count), b"%d" % (16384 * (i + 1) // count - 1))
            server.call(b"CLUSTER", b"SET-CONFIG-EPOCH", b"%d" % (i + 1))
            servers[0].call(b"CLUSTER", b"MEET", b"127.0.0.1", b"%d" % server.port, b"%d" % buses[i])
        deadline = time.monotonic() + 60
        while not all(b"cluster_slots_ok:16384" in server.call(b"CLUSTER", b"INFO") and
                      b"cluster_state:ok" in server.call(b"CLUSTER", b"INFO") for server in servers):
            if time.monotonic() > deadline:
                raise OSError("the Redis cluster did not form")
            time.sleep(0.05)
        yield servers


def cluster(settings: Settings) -> List[Row]:
    """The same on a cluster of three servers, beside one server in the same run."""
    def measure(ports: List[int]) -> dict:
        out = subprocess.run([settings.bin / "redis_store_bench", ",".join(map(str, ports)), "10000", "1"], check=True,
                             capture_output=True, text=True).stdout
        return json.loads(out)

    with Redis() as redis:
        single = measure([redis.port])
    with _cluster(3) as servers:
        three = measure([server.port for server in servers])
    rows = []
    for shape in ("1 x 50", "100 x 50"):
        ours, one = three[shape]["store"], single[shape]["store"]
        rows.append(Row(f"redis cluster: read {shape}", f"{ours['our_us']:.0f} µs CPU, all servers {ours['redis_us']:.0f}; one server: "
                        f"{one['our_us']:.0f}, {one['redis_us']:.0f}", "", None, {"cluster": ours, "single": one}))
    ours, one = three["writes"]["again"], single["writes"]["again"]
    rows.append(Row("redis cluster: write a row of 10, guarded", f"{ours['our_us']:.1f} µs CPU, all servers {ours['redis_us']:.1f}; one server: "
                    f"{one['our_us']:.1f}, {one['redis_us']:.1f}", "", None, {"cluster": ours, "single": one}))
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
