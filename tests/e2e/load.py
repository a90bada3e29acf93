"""What loads and disturbs a server under test: keep-alive clients, and a proxy that delays a store."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections import Counter

from test_server import READ, WAIT, eventually

REDIS_YAML = """project: tiny
registry: data/registry.db
provider: local
online_store:
  type: redis
  connection_string: "127.0.0.1:{port}"
entity_key_serialization_version: 3
"""


def post(path: str, body: object, *headers: str) -> bytes:
    """The bytes of one request."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "host: test", "content-type: application/json", f"content-length: {len(data)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


READ_ONE = post("/get-online-features", READ)


class Gone(Exception):
    """The server closed the connection before it had read the request."""


class Connection:
    """One keep-alive connection that can tell a clean end from a dropped request."""

    def __init__(self, url: str):
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closing = False

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            Gone: If the server had said goodbye.
            ConnectionError: If it broke the connection after that, or in the middle of an answer.
        """
        self.socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := self.socket.recv(65536)):
                raise ConnectionError(f"cut off after {data!r}") if data else Gone
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        fields = head.lower()
        length = int(fields.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in fields else 0
        parts, have = [body], len(body)
        while have < length:
            if not (more := self.socket.recv(1 << 20)):
                raise ConnectionError("cut off in a body")
            parts.append(more)
            have += len(more)
        self.closing = b"connection: close" in fields
        return int(head.split(b" ")[1]), b"".join(parts)

    def close(self) -> None:
        self.socket.close()


class Load:
    """Clients that send a request after the other, each on its own connection, until told to stop.

    `statuses` counts the answers, `seconds` has their latencies, `broken` what was dropped, `gone` clean ends.
    """

    def __init__(self, url: str, clients: int, request: bytes = READ_ONE, pause: float = 0):
        self.url, self.request, self.pause = url, request, pause
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.broken: list[str] = []
        self.gone = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(WAIT)
        assert not any(thread.is_alive() for thread in self.threads), "a client waits for ever"

    def _run(self) -> None:
        try:
            connection = Connection(self.url)
            while not self.stopping.is_set() and not connection.closing:
                begin = time.monotonic()
                status, _ = connection.ask(self.request)
                self.seconds.append(time.monotonic() - begin)
                self.statuses[status] += 1
                if self.pause:
                    self.stopping.wait(self.pause)
            connection.close()
        except Gone:
            self.gone += 1
        except OSError as error:
            self.broken.append(repr(error))

    def answered(self, count: int, status: int = 200) -> None:
        """Waits until so many more have been answered with that status."""
        goal = self.statuses[status] + count
        eventually(lambda: self.statuses[status] >= goal)


class DelayingProxy:
    """Passes bytes on between clients and a port; what goes back to them is held for `delay` seconds."""

    def __init__(self, port: int):
        self.target = port
        self.delay = 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.held: list[tuple[float, socket.socket, bytes]] = []
        self.peers: dict[socket.socket, socket.socket] = {}
        self.clients: set[socket.socket] = set()
        self.ending = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.ending = True
        self.thread.join(WAIT)
        for one in (self.listener, *self.peers):
            one.close()

    def _run(self) -> None:
        while not self.ending:
            # A change of `delay` counts for what is held already.
            now = time.monotonic()
            due = [item for item in self.held if item[0] + self.delay <= now]
            self.held = [item for item in self.held if item[0] + self.delay > now]
            for _, target, data in due:
                self._send(target, data)
            ready, _, _ = select.select([self.listener, *self.peers], [], [], 0.005 if self.held else 0.02)
            for one in ready:
                if one is self.listener:
                    self._accept()
                elif one in self.peers:
                    self._pass_on(one)

    def _accept(self) -> None:
        client = self.listener.accept()[0]
        server = socket.create_connection(("127.0.0.1", self.target), timeout=WAIT)
        self.peers.update({client: server, server: client})
        self.clients.add(client)

    def _pass_on(self, source: socket.socket) -> None:
        try:
            data = source.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            return self._drop(source)
        if source in self.clients or self.delay == 0:
            return self._send(self.peers[source], data)
        self.held.append((time.monotonic(), self.peers[source], data))

    def _send(self, target: socket.socket, data: bytes) -> None:
        try:
            target.sendall(data)
        except OSError:
            self._drop(target)

    def _drop(self, one: socket.socket) -> None:
        if other := self.peers.pop(one, None):
            self.peers.pop(other, None)
            for end in (one, other):
                self.clients.discard(end)
                end.close()
