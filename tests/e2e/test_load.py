"""`feast serve` over Redis under load, while what it stands on fails, slows down or changes."""

from __future__ import annotations

import math
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from command import done
from load import READ_ONE, REDIS_YAML, Connection, DelayingProxy, Gone, Load, post
from redis_servers import RedisServer
from test_server import READ, Server, eventually, frame, make_repo

from feast.protos.feast.core.Registry_pb2 import Registry


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    running = RedisServer(tmp_path_factory.mktemp("redis"))
    yield running
    running.kill()


@pytest.fixture
def begin(tmp_path):
    """Starts a server over that Redis port, with a row of driver 1001, that ends with the test."""
    running: list[Server] = []

    def start(port: int, native: str = "", definitions: str = "", *args: str) -> Server:
        folder = tmp_path / f"repo{len(running)}"
        make_repo(folder, f"native: {{server: {{metrics_port: 0, {native}}}}}\n", definitions, REDIS_YAML.format(port=port))
        running.append(Server(folder, "--no-access-log", *args))
        running[-1].folder = folder
        push(running[-1])
        return running[-1]

    yield start
    for server in running:
        server.process.kill()
        server.process.wait()


def push(server: Server, count: int = 3) -> None:
    body = {"push_source_name": "trips_push", "df": frame(1001, count)}
    status, text = server.post("/push", body)
    assert status == 200, text


def memory(server: Server, what: str = "VmRSS") -> int:
    """kB of the process; "VmHWM" is the most since `forget_peak`."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what + ":"))


def percentile(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, math.floor(len(seconds) * share))]


# ---------------------------------------------------------------- the end


def test_the_end_drops_no_request_under_load(begin, redis):
    server = begin(redis.port)
    with Load(server.url, clients=12) as load:
        load.answered(500)
        server.process.send_signal(signal.SIGTERM)
        for thread in load.threads:
            thread.join(20)
    assert server.end() == 0
    assert load.broken == [] and load.gone == 0, (load.broken, load.gone)
    assert set(load.statuses) == {200}


def test_idle_connections_are_told_and_late_requests_are_not_read(begin, redis):
    server = begin(redis.port)
    idle = Connection(server.url)
    assert idle.ask(READ_ONE)[0] == 200
    server.process.send_signal(signal.SIGTERM)
    assert idle.socket.recv(1) == b"", "a clean end"
    with pytest.raises((Gone, BrokenPipeError, ConnectionResetError)):
        idle.ask(READ_ONE)
    assert server.end() == 0


# ---------------------------------------------------------------- Redis


def test_redis_may_be_killed_and_come_back_under_load(begin, tmp_path):
    redis = RedisServer(tmp_path / "redis")
    server = begin(redis.port)
    try:
        with Load(server.url, clients=6) as load:
            for _ in range(2):
                load.answered(200)
                redis.kill()
                load.answered(20, 503)
                redis.start()
                back = time.monotonic()
                load.answered(200)
                assert time.monotonic() - back < 10
        assert load.broken == [] and load.gone == 0
        assert set(load.statuses) == {200, 503}
        assert max(load.seconds) < 6, "an error says so soon"
        push(server, 8)
        assert server.read() == [8, 0.5]
    finally:
        redis.kill()


def test_a_slow_redis_keeps_nobody_past_the_deadline(begin, redis):
    proxy = DelayingProxy(redis.port)
    server = begin(proxy.port, "request_timeout_seconds: 1, max_in_flight: 40", "", "--metrics")
    try:
        with Load(server.url, clients=60, pause=0.02) as load:
            load.answered(600)
            before = memory(server)
            load.seconds.clear()
            proxy.delay = 30.0
            load.answered(80, 504)
            in_flight = re.search(r'requests_in_flight\{transport="http"\} (\d+)', server.metrics())
            assert in_flight and int(in_flight[1]) <= 40
            assert set(load.statuses) == {200, 503, 504}, "what is too much is refused"
            assert max(load.seconds) < 2.5, "a second, and what a busy machine adds"
            assert memory(server) - before < 20_000
            proxy.delay = 0.0
            recovered = time.monotonic()
            load.answered(600)
            assert time.monotonic() - recovered < 5
        assert load.broken == [] and load.gone == 0
    finally:
        server.process.kill()
        proxy.stop()


def test_foreign_bytes_in_a_hash_are_reported_and_the_rest_is_served(begin, redis):
    server = begin(redis.port)
    rows = {"driver_id": [1, 2], "ts": ["2024-03-01T00:00:00Z"] * 2, "count": [77_001, 77_002], "rate": [0.5, 0.5]}
    assert server.post("/push", {"push_source_name": "trips_push", "df": rows})[0] == 200
    value = b"\x20\xc9\xd9\x04"  # 77,001
    found = [
        (key, field)
        for key in redis.bulks(b"KEYS", b"*")
        for field, bytes_ in zip(*[iter(redis.bulks(b"HGETALL", key))] * 2)
        if bytes_ == value
    ]
    assert len(found) == 1
    key, field = found[0]
    for foreign in (b"\xff\xff\xff", b"plain text", b"\x20", b"\x12\xff\xff\xff\xff\x0f", b"\x00" * 10_000):
        assert redis.call(b"HSET", key, field, foreign) == b":0\r\n"
        status, text = server.post("/get-online-features", {**READ, "entities": {"driver_id": [2, 1]}})
        assert status == 500 and "count" in text, (foreign, status, text)
        assert server.read(2) == [77_002, 0.5]
    redis.call(b"HSET", key, field, value)
    assert server.read(1) == [77_001, 0.5]
    for time_bytes in (b"", b"x", b"\xff" * 40):
        times = [name for name in redis.bulks(b"HKEYS", key) if name.startswith(b"_ts:")]
        redis.call(b"HSET", key, times[0], time_bytes)
        status, _ = server.post("/get-online-features", {**READ, "entities": {"driver_id": [1]}})
        assert status in (200, 500), time_bytes
        assert server.read(2) == [77_002, 0.5]
    assert server.stop() == 0


# ---------------------------------------------------------------- the registry

MANY_VIEWS = """
for number in range(150):
    globals()[f"view_{number}"] = FeatureView(
        name=f"view_{number}", entities=[driver], source=source,
        schema=[Field(name="driver_id", dtype=Int64), *(Field(name=f"f{number}_{f}", dtype=Int64) for f in range(10))])
"""


class Refreshing:
    """Every 50 ms writes a registry file and pushes a row. With `real` the file is the server's, as if another process had applied,
    and the push has it read anew; else the work of this process is the same."""

    def __init__(self, server: Server):
        self.file = server.folder / "data/registry.db"
        self.registry = Registry.FromString(self.file.read_bytes())
        self.connection = Connection(server.url)
        self.done = 0

    def run(self, real: bool, load: Load, seconds: float) -> None:
        body = {"push_source_name": "trips_push", "df": frame(5, 1), "allow_registry_cache": not real}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert not load.stopping.wait(0.05)
            self.registry.version_id = f"v{self.done}"
            beside = self.file.with_suffix(".new")
            beside.write_bytes(self.registry.SerializeToString())
            beside.rename(self.file if real else self.file.with_suffix(".other"))
            assert self.connection.ask(post("/push", body))[0] == 200
            self.done += real


def test_refreshing_the_registry_delays_and_fails_nobody(begin, redis):
    server = begin(redis.port, "", MANY_VIEWS)
    refreshing = Refreshing(server)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(8):
        with Load(server.url, clients=2, pause=0.001) as load:
            refreshing.run(turn % 2 == 1, load, 0.5)
        assert set(load.statuses) == {200} and load.broken == []
        seconds[turn % 2 == 1].extend(load.seconds)
    quiet, refreshed = (percentile(seconds[real], 0.99) for real in (False, True))
    print(f"p99 {quiet * 1e3:.2f} ms, {refreshed * 1e3:.2f} ms while refreshed {refreshing.done} times")
    assert refreshing.done >= 10
    assert refreshed < 4 * quiet + 0.010, (quiet, refreshed)


def test_what_another_process_applies_is_served_soon(begin, redis):
    server = begin(redis.port)
    read = {"features": ["fresh:count"], "entities": {"driver_id": [1001]}}
    assert server.post("/get-online-features", read)[0] == 404
    with open(server.folder / "definitions.py", "a") as file:
        file.write("fresh = FeatureView(name='fresh', entities=[driver], source=source, "
                   "schema=[Field(name='driver_id', dtype=Int64), Field(name='count', dtype=Int64)])\n")
    done("apply", cwd=server.folder)
    eventually(lambda: server.post("/get-online-features", read)[0] == 200)
