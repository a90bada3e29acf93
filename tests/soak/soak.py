#!/usr/bin/env python3
"""Keeps `feast serve` over Redis under load, and watches its memory. Usage: soak.py [SECONDS] (1800)

HTTP and gRPC reads whose answers are checked, pushes, compressed bodies and answers, connections that come and go (some in the middle of
a request), wrong bodies, and a registry that changes twice a second. The first third is warm-up; after it the resident memory may not
grow by more than 4 MiB from the median of the second third to that of the last.
"""

from __future__ import annotations

import gzip
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import grpc
from load import REDIS_YAML, Connection, post
from redis_servers import RedisServer
from test_server import READ, Server, eventually, frame, make_repo

from feast.protos.feast.core.Registry_pb2 import Registry
from feast.protos.feast.serving import ServingService_pb2 as serving

DRIVERS = 300
ALLOWED_KB = 4096
MORE = """
from feast import FeatureService
service = FeatureService(name="service", features=[trips])
"""


class Soak:
    """The server, and threads that do their part until told to stop; the first failure stops all."""

    def __init__(self, folder: Path):
        self.redis = RedisServer(folder / "redis")
        native = "native: {server: {metrics_port: 0}}\n"
        self.repo = make_repo(folder / "repo", native, MORE, REDIS_YAML.format(port=self.redis.port))
        self.server = Server(self.repo, "--no-access-log", "--metrics", "--grpc-port", "0", "--workers", "2")
        self.grpc = eventually(lambda: self.server.said(r"ready on grpc://(\S+)"))
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self.stopping = threading.Event()
        for driver in range(DRIVERS):
            self.push(driver)

    def push(self, driver: int, **more: object) -> None:
        body = {"push_source_name": "trips_push", "df": frame(driver, driver * 7, driver / 4), **more}
        status, text = self.server.post("/push", body)
        if status != 200:
            raise AssertionError(f"push: {status} {text}")

    def _check(self, drivers: list[int], body: bytes) -> None:
        answer = json.loads(body)
        columns = dict(zip(answer["metadata"]["feature_names"], answer["results"]))
        if columns["count"]["values"] != [driver * 7 for driver in drivers]:
            raise AssertionError(f"wrong answer for {drivers[:5]}: {body[:300]!r}")

    def reads(self) -> None:
        connection = Connection(self.server.url)
        rng = random.Random(1)
        while not self.stopping.is_set():
            drivers = [rng.randrange(DRIVERS) for _ in range(rng.choice((1, 1, 1, 10, 100, 1000)))]
            what = {"feature_service": "service"} if rng.random() < 0.5 else {"features": READ["features"]}
            data = json.dumps({**what, "entities": {"driver_id": drivers}}).encode()
            if rng.random() < 0.3:
                data = post("/get-online-features", gzip.compress(data, 1), "content-encoding: gzip", "accept-encoding: gzip")
            else:
                data = post("/get-online-features", data)
            status, body = connection.ask(data)
            if status != 200:
                raise AssertionError(f"read: {status} {body[:300]!r}")
            self._check(drivers, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            self.done["HTTP reads"] += 1

    def calls(self) -> None:
        with grpc.insecure_channel(self.grpc) as channel:
            method = channel.unary_unary(
                "/feast.serving.ServingService/GetOnlineFeatures",
                request_serializer=serving.GetOnlineFeaturesRequest.SerializeToString,
                response_deserializer=serving.GetOnlineFeaturesResponse.FromString,
            )
            rng = random.Random(2)
            while not self.stopping.is_set():
                drivers = [rng.randrange(DRIVERS) for _ in range(rng.choice((1, 10, 100)))]
                request = serving.GetOnlineFeaturesRequest(feature_service="service")
                for driver in drivers:
                    request.entities["driver_id"].val.add().int64_val = driver
                answer = method(request, timeout=20)
                column = answer.results[list(answer.metadata.feature_names.val).index("count")]
                if [value.int64_val for value in column.values] != [driver * 7 for driver in drivers]:
                    raise AssertionError(f"wrong answer over gRPC for {drivers[:5]}")
                self.done["gRPC reads"] += 1

    def pushes(self) -> None:
        rng = random.Random(3)
        while not self.stopping.wait(0.005):
            self.push(rng.randrange(DRIVERS), allow_registry_cache=rng.random() < 0.9)
            self.done["pushes"] += 1

    def churn(self) -> None:
        rng = random.Random(4)
        whole = post("/get-online-features", READ)
        while not self.stopping.wait(0.002):
            connection = Connection(self.server.url)
            kind = rng.randrange(4)
            if kind == 0:
                connection.socket.sendall(whole[: rng.randrange(len(whole))])
            elif kind == 1:
                status, _ = connection.ask(post("/get-online-features", rng.choice((b"{", b"\xff", b"[" * 500, b'{"entities":{}}'))))
                if not 400 <= status < 500:
                    raise AssertionError(f"a wrong body: {status}")
            elif kind == 2 and connection.ask(whole)[0] != 200:
                raise AssertionError("a read on a new connection failed")
            connection.close()
            self.done["connections"] += 1

    def registry(self) -> None:
        file = self.repo / "data/registry.db"
        registry = Registry.FromString(file.read_bytes())
        while not self.stopping.wait(0.5):
            self.done["registries"] += 1
            registry.version_id = f"v{self.done['registries']}"
            beside = file.with_suffix(".new")
            beside.write_bytes(registry.SerializeToString())
            beside.rename(file)
            if "requests_in_flight" not in self.server.metrics():
                raise AssertionError("no metrics")

    def memory(self) -> int:
        """Resident kB."""
        lines = Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def _part(self, work) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the soak has failed
            self.failures.append(f"{work.__name__}: {error!r}")
            self.stopping.set()

    def run(self, seconds: float) -> list[tuple[float, int]]:
        """Samples of (second, resident kB)."""
        parts = [self.reads, self.reads, self.calls, self.pushes, self.churn, self.registry]
        threads = [threading.Thread(target=self._part, args=[part], daemon=True) for part in parts]
        begin = time.monotonic()
        samples = []
        for thread in threads:
            thread.start()
        while not self.stopping.wait(min(5, seconds / 30)) and time.monotonic() - begin < seconds:
            samples.append((time.monotonic() - begin, self.memory()))
            if int(samples[-1][0]) // 60 > int(samples[-2][0] if len(samples) > 1 else 0) // 60:
                print(f"{samples[-1][0]:6.0f} s  {samples[-1][1] / 1024:7.1f} MiB  {dict(self.done)}", flush=True)
        self.stopping.set()
        for thread in threads:
            thread.join(60)
        return samples


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1800
    with tempfile.TemporaryDirectory(prefix="feast_soak_") as folder:
        soak = Soak(Path(folder))
        try:
            samples = soak.run(seconds)
            if not soak.failures and soak.server.stop() != 0:
                soak.failures.append("the server did not end well: " + "".join(soak.server.lines[-5:]))
        finally:
            soak.server.process.kill()
            soak.redis.kill()
    thirds = [[kb for at, kb in samples if seconds * third <= at * 3 < seconds * (third + 1)] for third in range(3)]
    if not soak.failures and all(thirds):
        warm, early, late = (statistics.median(third) for third in thirds)
        print(f"resident MiB, medians of the thirds: {warm / 1024:.1f}, {early / 1024:.1f}, {late / 1024:.1f}; done {dict(soak.done)}")
        if late - early > ALLOWED_KB:
            soak.failures.append(f"memory grows: by {late - early:.0f} kB from the second third to the last")
    for failure in soak.failures:
        print("soak:", failure)
    return 1 if soak.failures or not all(thirds) else 0


if __name__ == "__main__":
    sys.exit(main())
