"""A Redis, and a Redis Cluster of three servers, on free loopback ports: for the tests of this folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

SERVERS = 3
SLOTS = 16384


class RedisServer:
    """A redis-server on a free port, in memory only."""

    def __init__(self, folder: Path):
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server is not installed")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([*command, "--appendonly", "no"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline:
                raise OSError("redis-server did not start")
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            return self.call(b"PING") == b"+PONG\r\n"
        except OSError:
            return False

    def call(self, *command: bytes) -> bytes:
        """The raw reply, if it is short."""
        parts = [b"*%d\r\n" % len(command), *(b"$%d\r\n%s\r\n" % (len(part), part) for part in command)]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
            client.sendall(b"".join(parts))
            return client.recv(1 << 20)

    def bulks(self, *command: bytes) -> list[bytes]:
        """The texts of a short array reply."""
        reply = self.call(*command).split(b"\r\n", 1)[1]
        texts = []
        while reply:
            size, rest = reply.split(b"\r\n", 1)
            texts.append(rest[: int(size[1:])])
            reply = rest[int(size[1:]) + 2 :]
        return texts


class RedisCluster:
    """Three primaries that share the slots evenly; they end with the block."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server is not installed")
        self._folder = folder
        self._children: list[subprocess.Popen] = []
        with ExitStack() as probes:  # all at once, so that no port comes twice
            sockets = [probes.enter_context(socket.socket()) for _ in range(2 * SERVERS)]
            for probe in sockets:
                probe.bind(("127.0.0.1", 0))
            free = [probe.getsockname()[1] for probe in sockets]
        self.ports, self._buses = free[:SERVERS], free[SERVERS:]

    def __enter__(self) -> "RedisCluster":
        for i, port in enumerate(self.ports):
            # What the servers would have written down had they met, which takes seconds.
            config = self._folder / f"nodes{i}.conf"
            config.write_text("".join(self._line(n, n == i) for n in range(SERVERS)) + "vars currentEpoch 3 lastVoteEpoch 0\n")
            self._children.append(subprocess.Popen(
                ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder),
                 "--cluster-enabled", "yes", "--cluster-port", str(self._buses[i]), "--cluster-config-file", str(config)],
                stdout=subprocess.DEVNULL))
        deadline = time.monotonic() + 30
        while not all("cluster_state:ok" in self._is_well(i) for i in range(SERVERS)):
            if time.monotonic() > deadline:
                self.__exit__()
                raise OSError("the Redis cluster did not form")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            child.wait()

    @property
    def connection_string(self) -> str:
        """Two of the three, as `connection_string` of the yaml has them."""
        return ",".join(f"127.0.0.1:{port}" for port in self.ports[:2])

    def keys(self) -> list[int]:
        """How many keys each server has."""
        return [int(self._call(i, "DBSIZE")) for i in range(SERVERS)]

    def _line(self, i: int, is_self: bool) -> str:
        first, end = SLOTS * i // SERVERS, SLOTS * (i + 1) // SERVERS
        flags = "myself,master" if is_self else "master"
        return f"{'abc'[i] * 40} 127.0.0.1:{self.ports[i]}@{self._buses[i]} {flags} - 0 0 {i + 1} connected {first}-{end - 1}\n"

    def _is_well(self, i: int) -> str:
        try:
            return self._call(i, "CLUSTER INFO")
        except ConnectionError:
            return ""

    def _call(self, i: int, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.ports[i]), timeout=30) as connection:
            connection.sendall(command.encode() + b"\r\n")
            replies = connection.makefile("rb")
            line = replies.readline().decode().strip()
            return replies.read(int(line[1:])).decode() if line.startswith("$") else line[1:]
