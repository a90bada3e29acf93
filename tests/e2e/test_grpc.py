"""`feast listen`: what only gRPC has. What it answers to reads is in test_transports.py."""

from __future__ import annotations

import re
import signal
import subprocess
import urllib.request
from datetime import datetime, timezone

import grpc
import pytest
from command import executable
from feast.protos.feast.serving import GrpcServer_pb2 as listen
from feast.protos.feast.serving import ServingService_pb2 as serving
from feast.protos.feast.types import Value_pb2 as types
from test_server import WAIT, Locked, Server, environment, eventually, in_background, make_repo

SERVING = b"\x08\x01"
TIME = "2024-03-01T00:00:00Z"
LIMITS = "native: {server: {max_body_bytes: 1000, metrics_port: 0}}\n"


class Listener(Server):
    """A running `feast listen` and a channel to it."""

    def __init__(self, repo, *args: str):
        super().__init__(repo, *args, command=("listen", "--address", "127.0.0.1:0"))
        self.channel = grpc.insecure_channel(self.url.removeprefix("grpc://"))

    def call(self, path: str, request: object, answer: type | None = None, timeout: float = WAIT):
        """Bytes in and out, or messages."""
        method = self.channel.unary_unary(
            path,
            request_serializer=lambda message: message if isinstance(message, bytes) else message.SerializeToString(),
            response_deserializer=answer.FromString if answer else None,
        )
        return method(request, timeout=timeout)

    def push(self, **fields: object) -> bool:
        request = listen.PushRequest(**{"stream_feature_view": "trips_push", "to": "online", **fields})
        return self.call("/GrpcFeatureServer/Push", request, listen.PushResponse).status

    def read(self, driver: int = 1001) -> list:
        request = serving.GetOnlineFeaturesRequest()
        request.features.val.extend(["trips:count", "trips:rate"])
        request.entities["driver_id"].val.add().int64_val = driver
        path = "/feast.serving.ServingService/GetOnlineFeatures"
        answer = self.call(path, request, serving.GetOnlineFeaturesResponse)
        columns = dict(zip(answer.metadata.feature_names.val, answer.results))
        return [columns["count"].values[0].int64_val, columns["rate"].values[0].double_val]

    def refused(self, path: str, request: object, timeout: float = WAIT) -> tuple[str, str]:
        with pytest.raises(grpc.RpcError) as error:
            self.call(path, request, timeout=timeout)
        return error.value.code().name, error.value.details()


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    return make_repo(tmp_path_factory.mktemp("listen") / "repo", LIMITS)


@pytest.fixture
def start(repo):
    running: list[Listener] = []

    def begin(*args: str, folder=repo) -> Listener:
        running.append(Listener(folder, *args))
        return running[-1]

    yield begin
    for listener in running:
        listener.channel.close()
        listener.process.kill()
        listener.process.wait()


def typed(**values: object) -> dict[str, types.Value]:
    kinds = {int: "int64_val", float: "double_val", str: "string_val", bytes: "bytes_val"}
    return {name: types.Value(**{kinds[type(value)]: value}) for name, value in values.items()}


def test_pushes_of_text_and_of_typed_values(start):
    server = start()
    assert server.push(features={"driver_id": "1", "count": "5", "rate": "0.5", "ts": TIME})
    assert server.read(1) == [5, 0.5]
    moment = types.Value(unix_timestamp_val=int(datetime(2024, 3, 2, tzinfo=timezone.utc).timestamp()))
    assert server.push(typed_features={**typed(driver_id=1, count=6, rate=1.5), "ts": moment})
    assert server.read(1) == [6, 1.5]
    assert server.push(typed_features={**typed(driver_id=1, count=7, rate=2.5, ts=TIME)})
    assert server.read(1) == [6, 1.5], "an older row replaced a newer one"
    assert server.stop() == 0


def test_pushes_with_an_offline_leg(tmp_path, start):
    folder = make_repo(tmp_path / "offline", LIMITS)
    server = start(folder=folder)
    row = typed(driver_id=7, count=3, rate=0.5, ts=TIME)
    assert server.push(typed_features=row, to="online_and_offline")
    assert server.read(7) == [3, 0.5]
    assert len(server.children()) == 1 and not server.loads_the_batch_module()


def test_direct_writes(start):
    server = start()
    row = listen.WriteToOnlineStoreRequest(feature_view_name="trips", typed_features=typed(
        driver_id=2, count=5, rate=0.5, ts=TIME))
    path = "/GrpcFeatureServer/WriteToOnlineStore"
    assert server.call(path, row, listen.WriteToOnlineStoreResponse).status
    assert server.read(2) == [5, 0.5]
    row.feature_view_name = "nope"
    code, text = server.refused(path, row)
    assert code == "NOT_FOUND" and "nope" in text


def test_refusals_say_whose_mistake_it_is(start):
    server = start()
    push = "/GrpcFeatureServer/Push"
    row = {"driver_id": "1", "count": "5", "rate": "0.5", "ts": TIME}
    for request, text in [
        (listen.PushRequest(features=row, stream_feature_view="nope", to="online"), "Unable to find push source 'nope'."),
        (listen.PushRequest(features=row, stream_feature_view="trips_push"), "is not a supported push format"),
        (listen.PushRequest(features=row, typed_features=typed(count=1), stream_feature_view="trips_push", to="online"),
         "Only one of features or typed_features may be set, not both"),
        (listen.PushRequest(features={**row, "count": "many"}, stream_feature_view="trips_push", to="online"), "many"),
        (listen.PushRequest(features={"count": "5"}, stream_feature_view="trips_push", to="online"), "driver_id"),
        (b"\x0a\x05", "damaged"),
    ]:
        code, details = server.refused(push, request)
        assert code == "INVALID_ARGUMENT" and text in details, (code, details)
    assert server.refused(push, b"\x12" + b"\xd0\x0f" + b"x" * 2000)[0] == "RESOURCE_EXHAUSTED"
    assert server.refused("/GrpcFeatureServer/Nope", b"")[0] == "UNIMPLEMENTED"
    assert server.refused("/feast.serving.ServingService/GetOnlineFeatures", b"\xff\xff")[0] == "INVALID_ARGUMENT"
    assert server.call("/grpc.health.v1.Health/Check", b"") == SERVING


def test_info_health_and_reflection(start):
    server = start()
    path = "/feast.serving.ServingService/GetFeastServingInfo"
    assert server.call(path, b"", serving.GetFeastServingInfoResponse).version == "0.67.0"
    for service in (b"", b"\x0a\x11GrpcFeatureServer", b"\x0a\x1cfeast.serving.ServingService"):
        assert server.call("/grpc.health.v1.Health/Check", service) == SERVING
    for version in ("v1", "v1alpha"):
        ask = server.channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")
        answers = list(ask(iter([b"\x3a\x00", b"\x22\x11GrpcFeatureServer"]), timeout=WAIT))
        assert b"feast.serving.ServingService" in answers[0]
        assert b"feast/serving/GrpcServer.proto" in answers[1] and b"feast/types/Value.proto" in answers[1]


def test_calls_in_flight_are_answered_before_the_end(tmp_path, start):
    folder = make_repo(tmp_path / "drain", "native: {server: {max_in_flight: 1}}\n")
    server = start(folder=folder)
    row = {"driver_id": "3", "count": "5", "rate": "0.5", "ts": TIME}
    path = "/feast.serving.ServingService/GetFeastServingInfo"

    def is_full() -> bool:
        try:
            server.call(path, b"")
        except grpc.RpcError as error:
            return error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        return False

    watch = server.channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=WAIT)
    assert next(watch) == SERVING
    with Locked(folder) as lock:
        answer = in_background(lambda: server.push(features=row, allow_registry_cache=True))
        eventually(is_full)
        server.process.send_signal(signal.SIGTERM)
        assert list(watch) in ([], [b"\x08\x02"])  # the stream ends, perhaps with a last word
        lock.release()
        assert answer() is True
    assert server.end() == 0


def test_metrics_and_access_log(start):
    server = start("--metrics")
    server.read()
    path = "/feast.serving.ServingService/GetOnlineFeatures"
    server.refused(path, b"\xff\xff")
    kept = server.metrics()
    assert f'request_total{{endpoint="{path}",status="success"}} 1' in kept
    assert f'request_total{{endpoint="{path}",status="error"}} 1' in kept
    assert "feast_online_features_request_total 1" in kept
    pattern = rf'"path":"{re.escape(path)}","grpc_status":"(\w+)"'
    eventually(lambda: re.findall(pattern, "".join(server.lines)) == ["OK", "INVALID_ARGUMENT"])


def test_a_taken_address_is_refused(start, repo):
    address = start().url.removeprefix("grpc://")
    command = [executable(), "listen", "-a", address]
    result = subprocess.run(command, cwd=repo, env=environment(), capture_output=True, text=True, timeout=WAIT)
    assert result.returncode == 1 and address in result.stderr


def test_http_alone_loads_no_grpc(repo):
    server = Server(repo)
    try:
        assert urllib.request.urlopen(f"{server.url}/health", timeout=WAIT).status == 200
        maps = open(f"/proc/{server.process.pid}/maps").read()
        assert "libfeast_core" in maps and "libfeast_grpc" not in maps and "libgrpc" not in maps
    finally:
        assert server.stop() == 0
