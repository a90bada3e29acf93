"""Benchmarks of the server: HTTP and gRPC, over SQLite and over Redis."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import workload
from cells import Row, Settings, WrongAnswer
from process import LOAD_CORE, SERVER_CORE, Server, cpu_seconds, on_core, run
from redis_cells import Redis

METHOD = "/feast.serving.ServingService/GetOnlineFeatures"


@dataclass(frozen=True)
class Cell:
    """Entities by features of one request, the rate that latencies are measured at, and what is aimed at."""

    entities: int
    features: int
    rate: int
    p50_ms: Optional[float] = None
    p99_ms: Optional[float] = None
    cpu_us: Optional[float] = None
    precomputed: bool = False

    @property
    def name(self) -> str:
        return f"{self.entities} x {self.features}" + (", precomputed" if self.precomputed else "")

    @property
    def service(self) -> str:
        return "precomputed" if self.precomputed else f"feature_service_{self.features // 50 - 1}"

    @property
    def target(self) -> str:
        parts = ([f"≤ {self.p50_ms} ms"] if self.p50_ms else []) + ([f"≤ {self.p99_ms} ms"] if self.p99_ms else [])
        return " / ".join(parts) + (f" · ≤ {self.cpu_us:.0f} µs" if self.cpu_us else "")


SQLITE_CELLS = (Cell(1, 50, 1000), Cell(100, 50, 50))
REDIS_CELLS = (Cell(1, 50, 2000, .3, .6, 35), Cell(10, 50, 1000, .7, 1.5, 120), Cell(100, 50, 100, 5, 8, 700),
               Cell(1, 250, 1000, .3, .7, 60), Cell(100, 250, 100, 7, 12, 2000), Cell(1, 50, 2000, .2, precomputed=True),
               Cell(100, 50, 200, .9, precomputed=True))
GRPC_CELLS = (Cell(1, 50, 1000, .5, 1, 100), Cell(100, 50, 100))


def _ask(server: Server, body: Dict[str, Any]) -> bytes:
    request = urllib.request.Request(f"{server.url}/get-online-features", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=60).read()


def _answers(server: Server, bodies: Path, features: int) -> Path:
    """What the server answers to each body, checked against the generated data, one line each."""
    target = bodies.with_suffix(".answers")
    with open(target, "wb") as out:
        for body in workload.bodies(bodies):
            text = _ask(server, body)
            workload.check_answer(json.loads(text), body["entities"]["entity"], features)
            out.write(text + b"\n")
    return target


def _write_messages(path: Path, messages: List[bytes]) -> Path:
    path.write_bytes(b"".join(len(message).to_bytes(4, "little") + message for message in messages))
    return path


def _grpc_messages(server: Server, bodies: Path, features: int) -> tuple:
    """Requests, and what the server answers to them, checked against the generated data."""
    import grpc as library
    from feast.protos.feast.serving import ServingService_pb2 as serving

    requests, answers = [], []
    with library.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        call = channel.unary_unary(METHOD)
        for body in workload.bodies(bodies):
            request = serving.GetOnlineFeaturesRequest(feature_service=body["feature_service"])
            for entity in body["entities"]["entity"]:
                request.entities["entity"].val.add().int64_val = entity
            requests.append(request.SerializeToString())
            answers.append(call(requests[-1], timeout=60))
            message = serving.GetOnlineFeaturesResponse.FromString(answers[-1])
            workload.check_answer({
                "metadata": {"feature_names": list(message.metadata.feature_names.val)},
                "results": [{"values": [value.int64_val for value in column.values],
                             "statuses": [serving.FieldStatus.Name(status) for status in column.statuses]}
                            for column in message.results]}, body["entities"]["entity"], features)
    return (_write_messages(bodies.with_suffix(".requests"), requests),
            _write_messages(bodies.with_suffix(".messages"), answers))


def _load(command: List[Any], cpu: Callable[[], float], redis_cpu: Callable[[], float]) -> Dict[str, Any]:
    """A load generator's figures, with the CPU time of server and Redis a request, and how busy all three were."""
    before, redis_before = cpu(), redis_cpu()
    child = subprocess.Popen(on_core(LOAD_CORE, command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    output = child.stdout.read()
    used, redis_used = cpu() - before, redis_cpu() - redis_before
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        raise WrongAnswer(f"{Path(command[0]).name}: {output}")
    measured = json.loads(output)
    seconds = measured["seconds"]
    return {**measured, "cpu_us_per_request": round(used / measured["requests"] * 1e6, 1),
            "redis_us_per_request": round(redis_used / measured["requests"] * 1e6, 1),
            "busy": {"server": round(used / seconds, 2), "redis": round(redis_used / seconds, 2),
                     "load": round((usage.ru_utime + usage.ru_stime) / seconds, 2)}}


def _measure(command: List[Any], cell: Cell, cpu: Callable[[], float], redis_cpu: Callable[[], float]) -> Dict[str, Any]:
    """Closed loop over 8 connections, then a constant rate over 16."""
    return {"closed_loop": _load([*command, 8, 4], cpu, redis_cpu),
            "constant_rate": _load([*command, 16, 4, cell.rate], cpu, redis_cpu)}


def _row(name: str, cell: Cell, figures: Dict[str, Any]) -> Row:
    closed, constant = figures["closed_loop"], figures["constant_rate"]
    aims = [(constant["p50_ms"], cell.p50_ms), (constant["p99_ms"], cell.p99_ms), (closed["cpu_us_per_request"], cell.cpu_us)]
    aims = [(figure, aim) for figure, aim in aims if aim]
    text = (f"p50 {constant['p50_ms']:.2f}, p99 {constant['p99_ms']:.2f} ms at {cell.rate}/s; at most "
            f"{closed['per_second']:,.0f}/s at {closed['cpu_us_per_request']:.0f} µs CPU")
    if closed["redis_us_per_request"]:
        text += f", Redis {closed['redis_us_per_request']:.0f}; busy: " + ", ".join(f"{k} {v:.0%}" for k, v in closed["busy"].items())
    return Row(f"{name} {cell.name}", text, cell.target, all(figure <= aim for figure, aim in aims) if aims else None, figures)


def _http_rows(settings: Settings, name: str, server: Server, folder: Path, cells: Any,
               redis_cpu: Callable[[], float] = lambda: 0.0) -> List[Row]:
    rows = []
    for cell in cells:
        bodies = workload.write_bodies(folder, cell.service, cell.entities)
        command = [settings.bin / "http_load", "127.0.0.1", server.port, "/get-online-features", bodies,
                   _answers(server, bodies, cell.features)]
        rows.append(_row(name, cell, _measure(command, cell, server.cpu_seconds, redis_cpu)))
    return rows


def _grpc_rows(settings: Settings, server: Server, folder: Path, redis_cpu: Callable[[], float]) -> List[Row]:
    """Reads beside calls of the same library that nobody looks at, with the same messages."""
    rows = []
    for cell in GRPC_CELLS:
        requests, answers = _grpc_messages(server, workload.write_bodies(folder, cell.service, cell.entities), cell.features)
        load = settings.bin / "grpc_load"
        bare = subprocess.Popen(on_core(SERVER_CORE, [load, "--serve", METHOD, answers]), stdout=subprocess.PIPE, text=True)
        try:
            assert bare.stdout is not None
            port = int(bare.stdout.readline())
            ours = _measure([load, f"127.0.0.1:{server.grpc_port}", METHOD, requests, answers], cell, server.cpu_seconds,
                            redis_cpu)
            none = _measure([load, f"127.0.0.1:{port}", METHOD, requests, "-"], cell, lambda: cpu_seconds(bare.pid),
                            lambda: 0.0)
        finally:
            bare.terminate()
            bare.wait()
        ratio = ours["closed_loop"]["cpu_us_per_request"] / none["closed_loop"]["cpu_us_per_request"]
        rows.append(_row("redis: grpc", cell, ours))
        rows.append(_row(f"redis: grpc, no-op ({ratio:.2f} of it)", Cell(cell.entities, cell.features, cell.rate), none))
    return rows


def _sqlite_repository(settings: Settings) -> Path:
    folder = workload.make_online(settings.work, 10_000)
    if not (folder / "online.db").exists():
        run([settings.feast, "apply"], folder)
        run([settings.feast, "materialize", workload.START, workload.END], folder)
    return folder


def sqlite(settings: Settings) -> List[Row]:
    folder = _sqlite_repository(settings)
    with Server(settings.feast, folder) as server:
        return _http_rows(settings, "sqlite: http", server, folder, SQLITE_CELLS)


def redis(settings: Settings) -> List[Row]:
    """The server on one core, Redis and the load on another; every answer is checked."""
    folder = workload.make_online(settings.work, 10_000, "online_redis", precomputed=True)
    with Redis() as store:
        workload.configure_online_store(folder, {"type": "redis", "connection_string": f"127.0.0.1:{store.port}"})
        (folder / "registry.db").unlink(missing_ok=True)
        run([settings.feast, "apply"], folder)
        run([settings.feast, "materialize", workload.START, workload.END], folder)
        with Server(settings.feast, folder, grpc=True) as server:
            rows = _http_rows(settings, "redis: http", server, folder, REDIS_CELLS, store.cpu_seconds)
            rows += _grpc_rows(settings, server, folder, store.cpu_seconds)
            resident = server.resident_mib()
    rows.append(Row("redis: resident after all of it", f"{resident:.1f} MiB", "≤ 150 MB", resident * 1.048576 <= 150))
    return rows


def rss(settings: Settings) -> List[Row]:
    folder, rows = _sqlite_repository(settings), []
    bodies = workload.write_bodies(folder, "feature_service_0", 100)
    for grpc_too in (False, True):
        with Server(settings.feast, folder, grpc=grpc_too) as server:
            idle = server.resident_mib()
            _answers(server, bodies, 50)
            used = server.resident_mib()
        rows.append(Row("rss: idle server" + (" with gRPC" if grpc_too else ""),
                        f"{idle:.1f} MiB; {used:.1f} MiB after 200 requests of 100 x 50", "≤ 40 MB",
                        idle * 1.048576 <= 40, {"idle_mib": idle, "used_mib": used}))
    return rows
