"""A PostgreSQL server for tests and benchmarks: a cluster in a folder of its own, on a free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List

HOMES = [f"/usr/lib/postgresql/{release}/bin" for release in (17, 16, 15)]
USER = "feast"


def program(name: str) -> str:
    """The path of a program of the server."""
    found = shutil.which(name, path=os.pathsep.join([*HOMES, os.environ["PATH"]]))
    assert found, f"{name} is not installed: apt-get install postgresql"
    return found


class Postgres:
    """A server that runs; the user `feast` owns it and needs no password."""

    def __init__(self, port: int, pid: int):
        self.port, self.pid = port, pid

    def query(self, sql: str) -> List[List[str]]:
        """Runs statements and gives the rows of the answer as texts."""
        done = subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", "postgres", "-v", "ON_ERROR_STOP=1",
             "-qAt", "-F", "|", "-c", sql], capture_output=True, text=True, timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def settings(self, schema: str) -> str:
        """The keys of a store in feature_store.yaml."""
        return (
            f"  type: postgres\n  host: 127.0.0.1\n  port: {self.port}\n  database: postgres\n"
            f"  db_schema: {schema}\n  user: {USER}\n  password: x\n  sslmode: disable\n"
        )


@contextmanager
def running(*options: str) -> Iterator[Postgres]:
    """Starts one with these settings (`name=value`); ends it and removes its folder at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="feast-postgres-"))
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = None if os.geteuid() else "postgres" if "postgres" in names else "nobody"
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    try:
        subprocess.run(
            [program("initdb"), "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True, capture_output=True, user=user, cwd=folder,
        )
        server = subprocess.Popen(
            [program("postgres"), "-D", data, "-p", str(port), "-k", folder,
             *(word for one in ("listen_addresses=127.0.0.1", "fsync=off", *options) for word in ("-c", one))],
            user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            pidfile = data / "postmaster.pid"
            deadline = time.monotonic() + 60
            while not (pidfile.exists() and "ready" in pidfile.read_text()):
                assert server.poll() is None and time.monotonic() < deadline, "PostgreSQL did not start"
                time.sleep(0.01)
            yield Postgres(port, server.pid)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
