"""The benchmark `postgres`: materialization and reads, beside bare libpq loops on the same server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List

import workload
from cells import Row, Settings, WrongAnswer
from process import run

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/services"))

import postgres_server

BATCH = 800  # rows of 10 a statement: as many values as ours


def _cpu_seconds(pid: int) -> float:
    """Of the server, with its processes, living and gone."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if stat.parent.name == str(pid):
            ticks += sum(map(int, fields[11:15]))
        elif fields[1] == str(pid):
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Database:
    """What a server's database is called by those who use it."""

    def __init__(self, server: postgres_server.Postgres):
        self.pid, self.query = server.pid, server.query
        self.conninfo = f"host=127.0.0.1 port={server.port} dbname=postgres user={postgres_server.USER} sslmode=disable"
        self.port = server.port
        self.settings = {"type": "postgres", "host": "127.0.0.1", "port": server.port, "database": "postgres",
                         "user": postgres_server.USER, "password": "none", "sslmode": "disable"}

    def cpu_seconds(self) -> float:
        return _cpu_seconds(self.pid)


@contextmanager
def running() -> Iterator[Database]:
    """A server with its defaults, but no wait for the disk, which is not what is measured."""
    with postgres_server.running("max_wal_size=8GB", "shared_buffers=512MB", "autovacuum=off") as server:
        yield Database(server)


def _check(database: Database, rows: int) -> str:
    """The table's content as one number; sampled entities are compared with the generated data."""
    count = int(database.query("SELECT count(*) FROM bench_stats")[0][0])
    if count != rows * workload.WIDTH:
        raise WrongAnswer(f"{count} values, expected {rows * workload.WIDTH}")
    for i in range(20):
        entity = i * rows // 20
        got = {name: (bytes.fromhex(value), text) for name, value, text in database.query(
            "SELECT feature_name, encode(value, 'hex'), value_text FROM bench_stats WHERE entity_key = "
            f"'\\x{workload.entity_key(entity).hex()}'")}
        if got != {f"feature_{f}": workload.materialized_cell(entity, f) for f in range(workload.WIDTH)}:
            raise WrongAnswer(f"entity {entity} is not as generated")
    return database.query("SELECT sum(hashtextextended(concat_ws('|', encode(entity_key, 'hex'), feature_name, "
                          "encode(value, 'hex'), value_text, extract(epoch FROM date_trunc('second', event_ts))), 0)) "
                          "FROM bench_stats")[0][0]


def _materialize(settings: Settings, database: Database, folder: Path, rows: int) -> Dict[str, Any]:
    """One round: each loop, then us, all into a new table."""
    measured: Dict[str, Any] = {}
    sums = set()
    for kind in ("copy", "upsert"):
        before = database.cpu_seconds()
        out = subprocess.run([settings.bin / "postgres_loop", database.conninfo, str(rows), str(BATCH), kind],
                             check=True, capture_output=True, text=True).stdout
        measured[kind] = {**json.loads(out), "server_cpu_seconds": round(database.cpu_seconds() - before, 2)}
        sums.add(_check(database, rows))
    database.query("DROP TABLE bench_stats")
    (folder / "registry.db").unlink(missing_ok=True)
    run([settings.feast, "apply"], folder)
    before = database.cpu_seconds()
    measured["feast"] = run([settings.feast, "materialize", workload.START, workload.END], folder)
    measured["feast"]["server_cpu_seconds"] = round(database.cpu_seconds() - before, 2)
    sums.add(_check(database, rows))
    if len(sums) != 1:
        raise WrongAnswer("the tables differ")
    return measured


def postgres(settings: Settings) -> List[Row]:
    rows = min(settings.materialize_rows, 100_000)
    folder = workload.make_materialize(settings.work, rows, "materialize_postgres")
    with running() as database:
        workload.configure_online_store(folder, database.settings)
        runs = [_materialize(settings, database, folder, rows) for _ in range(settings.repeat)]
        reader = [settings.bin / "postgres_reads", "127.0.0.1", str(database.port), "postgres", postgres_server.USER]
        out = subprocess.run(reader, check=True, capture_output=True, text=True).stdout
    reads = json.loads(out)
    best = min(runs, key=lambda r: r["feast"]["seconds"])
    ours = best["feast"]
    table = [Row(f"postgres: materialize {rows:,} x 10",
                 f"{rows / ours['seconds']:,.0f} rows/s, {ours['cpu_seconds'] / rows * 1e6:.1f} µs CPU a row, the server's "
                 f"{ours['server_cpu_seconds'] / rows * 1e6:.0f} µs, peak {ours['peak_rss_mib']:.0f} MiB", details={"runs": runs})]
    for kind, what in (("copy", "COPY and upsert"), ("upsert", "pipelined upserts")):
        share = max(r[kind]["seconds"] / r["feast"]["seconds"] for r in runs)
        cpu = sum(r["feast"]["server_cpu_seconds"] for r in runs) / sum(r[kind]["server_cpu_seconds"] for r in runs)
        table.append(Row(f"postgres: beside a bare {what}", f"{share:.0%} of its rows/s, {cpu:.0%} of the server's CPU time",
                         "≥ 80 %", share >= 0.8))
    for size in ("1x50", "100x50"):
        store, rival = reads[f"store_{size}"], reads[f"libpq_{size}"]
        table.append(Row(f"postgres: read {size}", f"{store['cpu_us']:.0f} µs CPU, p50 {store['p50_us']:.0f} µs; bare libpq with "
                         f"upstream's statements {rival['cpu_us']:.0f} µs CPU, p50 {rival['p50_us']:.0f} µs",
                         details={"store": store, "libpq": rival}))
    return table
