"""One answer, whatever the transport and the store: the cases of tests/cases/online_reads.yaml over HTTP and gRPC."""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
from datetime import timezone
from pathlib import Path

import grpc
import pytest
import yaml
from feast.protos.feast.serving import ServingService_pb2 as serving
from feast.protos.feast.types import Value_pb2 as types
from command import YAML
from redis_servers import RedisServer
from test_server import WAIT, Server, eventually, make_repo

sys.path.append(str(Path(__file__).parents[2] / "bench"))
from postgres import running as running_postgres  # noqa: E402

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases/online_reads.yaml").read_text())
PUSHED = "2024-03-01T00:00:00Z"
DEFINITIONS = """
from datetime import timedelta
from feast import FeatureService, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Array, Bool, Float32, String, UnixTimestamp

trips = FeatureView(
    name="trips", entities=[driver], source=PushSource(name="trips_push", batch_source=source),
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64), Field(name="rate", dtype=Float64),
            Field(name="name", dtype=String), Field(name="ok", dtype=Bool), Field(name="small", dtype=Float32),
            Field(name="marks", dtype=Array(Float64)), Field(name="tags", dtype=Array(String)),
            Field(name="seen", dtype=UnixTimestamp)],
)
old = FeatureView(
    name="old", entities=[driver], ttl=timedelta(days=1), source=FileSource(name="old", path="data/trips.parquet", timestamp_field="ts"),
    schema=[Field(name="driver_id", dtype=Int64), Field(name="age", dtype=Int64)],
)
asked = RequestSource(name="asked", schema=[Field(name="amount", dtype=Int64)])

@on_demand_feature_view(sources=[trips, asked], mode="python", schema=[Field(name="total", dtype=Int64)])
def sums(rows):
    return {"total": [count + amount for count, amount in zip(rows["count"], rows["amount"])]}

both = FeatureService(name="both", features=[trips[["count"]], old])
"""


@pytest.fixture(scope="module", params=["sqlite", "redis", "postgres"])
def online_store(request, tmp_path_factory):
    """The settings of a running store; none for the repository's own."""
    if request.param == "sqlite":
        yield None
    elif request.param == "redis":
        redis = RedisServer(tmp_path_factory.mktemp("redis"))
        yield {"type": "redis", "connection_string": f"127.0.0.1:{redis.port}"}
        redis.kill()
    else:
        with running_postgres() as database:
            yield database.settings


@pytest.fixture(scope="module")
def server(online_store, tmp_path_factory):
    """`feast serve` with both transports over the rows of the cases."""
    config = yaml.safe_load(YAML)
    config["online_store"] = online_store or config["online_store"]
    repo = make_repo(tmp_path_factory.mktemp("transports") / "repo", definitions=DEFINITIONS, base=yaml.safe_dump(config))
    running = Server(repo, "--grpc-port", "0")
    running.grpc = eventually(lambda: running.said(r"ready on grpc://(\S+)"))
    names = list(CASES["rows"][0])
    frame = {name: [row[name] for row in CASES["rows"]] for name in names}
    frame["ts"] = [PUSHED] * len(CASES["rows"])
    status, text = running.post("/push", {"push_source_name": "trips_push", "df": frame})
    assert status == 200, text
    aged = {"driver_id": [1001], "age": [7], "ts": [PUSHED]}
    status, text = running.post("/write-to-online-store", {"feature_view_name": "old", "df": aged})
    assert status == 200, text
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.grpc) as opened:
        yield opened


def to_value(item: object) -> types.Value:
    if item is None:
        return types.Value()
    return types.Value(string_val=item) if isinstance(item, str) else types.Value(int64_val=item)


def to_message(request: dict) -> serving.GetOnlineFeaturesRequest:
    message = serving.GetOnlineFeaturesRequest(
        full_feature_names=request.get("full_feature_names", False),
        include_feature_view_version_metadata=request.get("include_feature_view_version_metadata", False),
    )
    if "feature_service" in request:
        message.feature_service = request["feature_service"]
    else:
        message.features.val.extend(request["features"])
    for name, column in request["entities"].items():
        # Request data in its own field, as the clients of upstream's Go and Java servers send it.
        target = message.request_context if name == "amount" else message.entities
        target[name].val.extend(map(to_value, column))
    return message


def from_value(value: types.Value) -> object:
    kind = value.WhichOneof("val")
    if kind is None:
        return None
    item = getattr(value, kind)
    if kind == "bytes_val":
        return base64.b64encode(item).decode()
    return list(item.val) if hasattr(item, "val") else item


def from_message(message: serving.GetOnlineFeaturesResponse) -> dict:
    """The message in the form of the JSON answer."""
    results = []
    for column in message.results:
        times = [moment.ToDatetime(timezone.utc) for moment in column.event_timestamps]
        results.append({
            "values": [from_value(value) for value in column.values],
            "statuses": [serving.FieldStatus.Name(status) for status in column.statuses],
            "event_timestamps": [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in times],
        })
    metadata = {"feature_names": list(message.metadata.feature_names.val)}
    if message.metadata.feature_view_metadata:
        metadata["feature_view_metadata"] = [
            {"name": view.name, **({"version": view.version} if view.version else {})}
            for view in message.metadata.feature_view_metadata
        ]
    return {"results": results, "metadata": metadata}


def expected(case: dict) -> dict:
    moments = {0: "1970-01-01T00:00:00Z", 1: PUSHED}
    results = [
        {"values": values, "statuses": statuses, "event_timestamps": [moments[time] for time in times]}
        for values, statuses, times in case["columns"].values()
    ]
    metadata = {"feature_names": list(case["columns"])}
    if "versions" in case:
        metadata["feature_view_metadata"] = case["versions"]
    return {"results": results, "metadata": metadata}


ANSWERED = [pytest.param(case, id=case["name"]) for case in CASES["cases"] if "columns" in case]
REFUSED = [pytest.param(case, id=case["name"]) for case in CASES["cases"] if "error" in case]
SERVICES = ["feast.serving.ServingService", "GrpcFeatureServer"]


def call(channel: grpc.Channel, service: str, message: serving.GetOnlineFeaturesRequest):
    method = channel.unary_unary(
        f"/{service}/GetOnlineFeatures",
        request_serializer=serving.GetOnlineFeaturesRequest.SerializeToString,
        response_deserializer=serving.GetOnlineFeaturesResponse.FromString,
    )
    return method(message, timeout=WAIT)


@pytest.mark.parametrize("case", ANSWERED)
def test_http_answers_in_json(server, case):
    status, text = server.post("/get-online-features", case["request"])
    assert (status, json.loads(text)) == (200, expected(case))


@pytest.mark.parametrize("case", ANSWERED)
def test_http_answers_in_protobuf(server, case):
    headers = {"content-type": "application/json", "accept": "application/x-protobuf"}
    body = json.dumps(case["request"]).encode()
    request = urllib.request.Request(server.url + "/get-online-features", body, headers)
    with urllib.request.urlopen(request, timeout=WAIT) as answer:
        assert answer.headers["content-type"] == "application/x-protobuf"
        message = serving.GetOnlineFeaturesResponse.FromString(answer.read())
    assert from_message(message) == expected(case)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("case", ANSWERED)
def test_grpc_answers(channel, case, service):
    assert from_message(call(channel, service, to_message(case["request"]))) == expected(case)


@pytest.mark.parametrize("case", REFUSED)
def test_http_refuses(server, case):
    status, text = server.post("/get-online-features", case["request"])
    error = case["error"]
    assert status == error["http"] and error["text"] in text, (status, text)
    assert error.get("class", "") in text


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("case", REFUSED)
def test_grpc_refuses(channel, case, service):
    with pytest.raises(grpc.RpcError) as refused:
        call(channel, service, to_message(case["request"]))
    error = case["error"]
    assert refused.value.code().name == error["grpc"], refused.value.details()
    details = refused.value.details()
    if "class" in error and service == "feast.serving.ServingService":
        detail = json.loads(details)
        assert (detail["module"], detail["class"]) == ("feast.errors", error["class"])
        details = detail["message"]
    assert error["text"] in details and "{" not in details
