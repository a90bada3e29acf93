"""What clients send by mistake or in anger: the right status, bounded memory, and the next client is answered."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import time
from pathlib import Path

import pytest
from load import READ_ONE, Connection, post
from test_server import READ, WHOLE, Server, make_repo

PATH = "/get-online-features"
NATIVE = "native: {server: {max_values: 400000, max_body_bytes: 20000000}}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(make_repo(tmp_path_factory.mktemp("hostile") / "repo", NATIVE), "--no-access-log")
    assert running.post("/materialize", WHOLE)[0] == 200
    yield running
    assert running.read() == [3, 0.5]
    assert running.stop() == 0


def memory(server: Server, what: str) -> int:
    """VmRSS or VmHWM (the most since it was forgotten), in kB."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what + ":"))


@pytest.fixture
def growth(server):
    """The kB by which the server's memory has grown at its peak since the test began."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    before = memory(server, "VmRSS")
    return lambda: memory(server, "VmHWM") - before


def with_entity(text: str) -> bytes:
    return b'{"features":["trips:count"],"entities":{"driver_id":[' + text.encode() + b"]}}"


WRONG = {
    "1e400": (with_entity("1e400"), 422),
    "-1e400": (with_entity("-1e400"), 422),
    "30 digits": (with_entity("1" * 30), 400),
    "30 digits below": (with_entity("-" + "1" * 30), 400),
    "2**63": (with_entity(str(2**63)), 400),
    "NaN": (with_entity("NaN"), 400),
    "Infinity": (with_entity("Infinity"), 400),
    "-Infinity": (with_entity("-Infinity"), 400),
    "null": (with_entity("null"), 400),
    "no number": (with_entity('"x"'), 400),
    "list": (with_entity("[1001]"), 400),
    "object": (with_entity('{"a": 1}'), 400),
    "long text": (with_entity('"' + "x" * 5_000_000 + '"'), 400),
    "zero byte": (b'{"features":["trips:count\\u0000"],"entities":{"driver_id":[1]}}', 400),
    "half a pair": (b'{"features":["\\ud800"],"entities":{"driver_id":[1]}}', 422),
    "no UTF-8": (b'{"features":["\xff\xfe"],"entities":{"driver_id":[1]}}', 400),
    "no UTF-8 in a key": (b'{"entities":{"driver_id":[1],"\xc3\x28":[1]}}', 400),
    "deep": (b"[" * 200_000 + b"]" * 200_000, 400),
    "deep and open": (b'{"a":' * 200_000, 422),
    "cut off": (with_entity("1001")[:-5], 422),
    "nothing": (b"", 422),
    "a number": (b"1", 422),
    "two documents": (with_entity("1001") * 2, 422),
    "uneven": (b'{"features":["trips:count"],"entities":{"driver_id":[1,2],"other":[1]}}', 400),
    "one feature 100,000 times": (json.dumps({**READ, "features": ["trips:count"] * 100_000}).encode(), 400),
    "100,000 unknown views": (json.dumps({**READ, "features": [f"v{i}:f" for i in range(100_000)]}).encode(), 404),
    "too many values": (with_entity("1," * 600_000 + "1"), 413),
    "too many values elsewhere": (b'{"nope":[' + b"[]," * 600_000 + b'1],"entities":{}}', 413),
    "too large": (b" " * 20_000_001, 413),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_bodies(server, growth, case):
    body, wanted = WRONG[case]
    status, text = server.post(PATH, body)
    assert status == wanted, (status, text[:300])
    assert len(text) < 10_000 and growth() < 100_000, (len(text), growth())


@pytest.mark.parametrize("value", ["1e400", "1" * 30, "NaN", "[1]", '"x"', "{}", '"\\ud800"'])
@pytest.mark.parametrize("path", ["/push", "/write-to-online-store"])
def test_wrong_values_are_not_written(server, path, value):
    name = '"push_source_name":"trips_push"' if path == "/push" else '"feature_view_name":"trips"'
    rows = '{"driver_id":[9],"ts":["2024-03-01T00:00:00Z"],"count":[%s],"rate":[0.5]}' % value
    status, text = server.post(path, ("{%s,%s}" % (name, '"df":' + rows)).encode())
    if value == "NaN":
        assert status == 200 and server.read(9) == [None, 0.5], text
    else:
        assert 400 <= status < 500, (status, text)


def test_unknown_keys_are_ignored_and_the_last_of_equal_keys_counts(server):
    body = {**READ, "nope": [1, {"a": [None]}], "entities": {"driver_id": [1001], "other": ["x"]}}
    status, text = server.post(PATH, body)
    assert status == 200 and json.loads(text)["results"][1]["values"] == [3]
    twice = b'{"features":["trips:count"],"entities":{"driver_id":[1],"driver_id":[1001]}}'
    status, text = server.post(PATH, twice)
    assert status == 200 and json.loads(text)["results"][1]["values"] == [3]


@pytest.mark.parametrize("ids", [list(range(900, 100_900)), [1001, 1002, 7] * 33_333 + [1001]], ids=["distinct", "duplicate"])
def test_a_hundred_thousand_entities(server, growth, ids):
    status, text = server.post(PATH, {**READ, "entities": {"driver_id": ids}})
    assert status == 200
    drivers, counts, _ = (column["values"] for column in json.loads(text)["results"])
    assert drivers == ids
    assert counts == [{1001: 3, 1002: 4}.get(one) for one in ids]
    assert growth() < 150_000, growth()


def test_more_answers_than_are_given_at_once(server, growth):
    status, text = server.post(PATH, {**READ, "entities": {"driver_id": [1001] * 133_334}})
    assert status == 400 and "133334 rows of 3 columns" in text, text
    assert growth() < 60_000, growth()


def test_compressed_bodies_and_answers(server, growth):
    read = json.dumps({**READ, "entities": {"driver_id": list(range(500, 1500))}}).encode()
    connection = Connection(server.url)
    status, plain = connection.ask(post(PATH, read))
    assert status == 200 and len(plain) > 50_000
    status, packed = connection.ask(post(PATH, gzip.compress(read), "content-encoding: gzip", "accept-encoding: gzip, deflate"))
    assert status == 200 and len(packed) < len(plain) / 10 and gzip.decompress(packed) == plain
    status, text = connection.ask(post(PATH, gzip.compress(b" " * 200_000_000), "content-encoding: gzip"))
    assert status == 413 and b"20000000 bytes" in text
    assert connection.ask(post(PATH, b"\x1f\x8b nothing", "content-encoding: gzip"))[0] == 400
    assert connection.ask(post(PATH, read, "content-encoding: br"))[0] == 415
    assert connection.ask(READ_ONE)[0] == 200
    assert growth() < 60_000, growth()


def test_two_thousand_idle_connections(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = memory(server, "VmRSS")
    connections = [Connection(server.url) for _ in range(2000)]
    began = time.monotonic()
    assert server.read() == [3, 0.5]
    assert time.monotonic() - began < 1, "it answers at once"
    each = (memory(server, "VmRSS") - before) / len(connections)
    print(f"{each:.1f} kB a connection")
    assert each < 8
    began = time.monotonic()
    for connection in connections[::100]:
        assert connection.ask(READ_ONE)[0] == 200
    assert time.monotonic() - began < 2
    for connection in connections:
        connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_garbage_on_the_wire(server):
    address = server.url.removeprefix("http://").split(":")
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\x00" * 100_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
                    b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000,
                    b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", READ_ONE + b"\x00\x01\x02\r\n\r\n"):
        with socket.create_connection((address[0], int(address[1])), timeout=20) as client:
            answer = b""
            try:
                client.sendall(garbage)
                while more := client.recv(65536):
                    answer += more
            except ConnectionResetError:
                pass
        last = answer[answer.rfind(b"HTTP/1.1 ") :][:12]
        assert last[9:10] == b"4", (garbage[:40], answer[:200])
        assert server.read() == [3, 0.5]
