"""Processes and what they cost."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Dict, List, Optional


def machine_facts() -> Dict[str, Any]:
    def first(path: str, key: str) -> str:
        for line in Path(path).read_text().splitlines():
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
        return "unknown"

    return {"cpu": first("/proc/cpuinfo", "model name"), "cores": len(os.sched_getaffinity(0)),
            "memory": first("/proc/meminfo", "MemTotal"), "kernel": platform.release(),
            "load_average": list(os.getloadavg())}


def run(command: List[Any], cwd: Optional[Path] = None,
        environment: Optional[Dict[str, str]] = None) -> Dict[str, float]:
    """Wall and CPU seconds and peak resident MiB of a command that must succeed, with everything that it starts.

    Raises:
        CalledProcessError: If it does not; its output is printed.
    """
    start = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env={**os.environ, **(environment or {})})
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        print(output.decode(errors="replace")[-2000:])
        raise subprocess.CalledProcessError(child.returncode, command)
    return {"seconds": round(seconds, 4), "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 4),
            "peak_rss_mib": round(usage.ru_maxrss / 1024, 1)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


SERVER_CORE, LOAD_CORE = (sorted(os.sched_getaffinity(0)) * 2)[:2]


def on_core(core: int, command: List[Any]) -> List[str]:
    return ["taskset", "-c", str(core), *map(str, command)]


class Server:
    """`feast serve` on a free port, with gRPC on another one if asked; stops when the block ends."""

    def __init__(self, feast: Path, repository: Path, grpc: bool = False):
        self.port = _free_port()
        self.grpc_port = _free_port() if grpc else None
        self._child = subprocess.Popen(
            on_core(SERVER_CORE, [feast, "-c", repository, "serve", "--host", "127.0.0.1", "--port", self.port,
                                  "--no-access-log", *(["--grpc-port", self.grpc_port] if grpc else [])]),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def __enter__(self) -> "Server":
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._child.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=10).read()
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        self.__exit__()
        raise OSError(f"feast serve did not start: {self._child.stderr.read().decode()[-500:]}")

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._child.pid)

    def resident_mib(self) -> float:
        for line in Path(f"/proc/{self._child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise OSError("the server is gone")
