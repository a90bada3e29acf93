#!/usr/bin/env python3
"""Refuses a wrong-way include, and a heavy header outside the folder that owns it.

Who may use whom is cmake/Layers.cmake, which the build reads too; the folders that are no core module
and the owners of heavy headers are the two tables below. Usage: check_layers.py [ROOT]
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

# Folders outside libfeast_core.so: what their own code may name. "core:*" is any core module.
OUTER_LAYERS = {
    "batch": "core:* batch_point_in_time batch_historical batch_pull batch_parquet batch_stores_* batch_tables "
    "batch_flight",
    "batch_spill": "batch_point_in_time",
    "batch_point_in_time": "types",
    "batch_pull": "offline codec batch_point_in_time",
    "batch_parquet": "config offline batch_point_in_time",
    "batch_delta": "batch_parquet batch_point_in_time",
    "batch_iceberg": "batch_parquet batch_point_in_time",
    "batch_tables": "offline batch_parquet batch_delta batch_iceberg batch_point_in_time",
    "batch_historical": "config offline codec transform batch_point_in_time batch_spill",
    "batch_stores_conformance": "config offline batch_point_in_time",
    "batch_stores_*": "config offline transform codec batch_point_in_time batch_historical batch_pull "
    "batch_parquet batch_delta batch_iceberg batch_tables batch_stores_conformance",
    "batch_stores_postgres": "postgres config offline codec batch_point_in_time batch_historical batch_pull "
    "batch_parquet batch_stores_conformance",
    "grpc": "net codec",
    "batch_flight": "offline registry auth batch_historical batch_pull",
    "cmd": "app",
    "python": "app",
}

# Only these may name a backend: the composition root and the entry of the batch module.
SEES_BACKENDS = {"app", "batch"}


@dataclass(frozen=True)
class Heavy:
    """A third-party header that is slow to compile or belongs to one backend."""

    what: str
    pattern: re.Pattern[str]
    owners: tuple[str, ...]
    # Light parts of the same library, allowed in the owners' headers too.
    light: re.Pattern[str] = field(default=re.compile(r"(?!)"))


def _heavy(what: str, pattern: str, owners: str, light: str = "(?!)") -> Heavy:
    return Heavy(what, re.compile(pattern), tuple(owners.split()), re.compile(light))


HEAVY = (
    _heavy("gRPC", r"grpc(pp)?/|.*\.grpc\.pb\.h$", "grpc registry_remote"),
    _heavy("Arrow C++", r"(arrow|parquet)/", "batch batch_*", r"arrow/(type_fwd|c/abi)\.h$"),
    _heavy("Boost.Beast", r"boost/beast", "net server_http"),
    _heavy("Boost.Asio", r"boost/asio", "net server_http transform online_redis online_postgres"),
    _heavy("nanobind", r"nanobind/", "python"),
    _heavy("libpq", r"libpq-fe\.h$|libpq/", "postgres online_postgres registry_sql batch_stores_postgres"),
    _heavy("DuckDB", r"duckdb\.h(pp)?$", "batch_stores_duckdb"),
    _heavy("SQLite", r"sqlite3\.h$", "online_sqlite registry_sql"),
    _heavy("yaml-cpp", r"yaml-cpp/", "config"),
    _heavy("simdjson", r"simdjson\.h$", "codec registry batch_delta batch_iceberg"),
    _heavy("zlib", r"zlib\.h$", "compression"),
    _heavy("zstd", r"zstd\.h$", "compression"),
    _heavy("CLI11", r"CLI/", "cmd"),
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
CMAKE_LAYER = re.compile(r'^set\(FEAST_LAYER_(\w+)\s+([^)]*)\)', re.MULTILINE)


class TableError(Exception):
    """The layer table itself is wrong: a cycle or an unknown module."""


class Layers:
    """Modules, what each may use, and where each lives. Immutable after construction."""

    def __init__(self, core: dict[str, list[str]]):
        self.core = core
        self.direct = {name: list(deps) for name, deps in core.items()}
        for name, deps in OUTER_LAYERS.items():
            self.direct[name] = deps.split()
        for name, deps in core.items():
            for dep in deps:
                if dep not in core and dep != "proto":
                    raise TableError(f"module {name} uses {dep}, which the table does not list")
        self._refuse_cycles()

    @classmethod
    def read(cls, cmake_file: Path) -> "Layers":
        text = re.sub(r"#.*", "", cmake_file.read_text())
        core = {m[1]: m[2].replace('"', " ").split() for m in CMAKE_LAYER.finditer(text)}
        if not core:
            raise TableError(f"{cmake_file}: no FEAST_LAYER_ lines found")
        return cls(core)

    def _refuse_cycles(self) -> None:
        for name in self.core:
            if name in self._reached(self.core[name]):
                raise TableError(f"module {name} reaches itself: the table has a cycle")

    def _reached(self, start: list[str]) -> set[str]:
        seen: set[str] = set()
        todo = list(start)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            todo += self.core["app"] + ["app"] if name == "core:*" else self.direct.get(name, [])
        return seen

    def is_backend(self, name: str) -> bool:
        return name.startswith(("registry_", "online_", "batch_stores_"))

    def allows(self, user: str, used: str) -> bool:
        if user == used:
            return True
        entry = user if user in self.direct else self._pattern_of(user)
        if self.is_backend(used) and user not in SEES_BACKENDS and used not in self.direct[entry]:
            return False
        return any(fnmatchcase(used, name) for name in self._reached(self.direct[entry]))

    def _pattern_of(self, name: str) -> str | None:
        return next((p for p in self.direct if "*" in p and fnmatchcase(name, p)), None)

    def known(self, name: str) -> bool:
        return name == "proto" or name in self.direct or self._pattern_of(name) is not None

    def module_of(self, unit: str, folders: list[str]) -> str:
        """The module of a folder: the longest name in the table, so online/sqlite is online_sqlite."""
        for length in range(min(len(folders), 3), -1, -1):
            name = "_".join(([unit] if unit else []) + folders[:length])
            if name and self.known(name):
                return name
        return "_".join(([unit] if unit else []) + folders) or "(src/feast itself)"


def module_of_file(layers: Layers, path: Path) -> str | None:
    """The module of a source file given relative to the root, or None where the rules do not reach."""
    parts = path.parts
    if parts[:2] == ("src", "feast"):
        return layers.module_of("", list(parts[2:-1]))
    if parts[:2] == ("src", "feast_batch"):
        return layers.module_of("batch", list(parts[2:-1]))
    if parts[:2] == ("src", "feast_grpc"):
        return "grpc"
    if parts[:2] == ("cmd", "feast"):
        return "cmd"
    return "python" if parts[0] == "python" else None


def module_of_include(layers: Layers, include: str) -> str | None:
    parts = include.split("/")
    if parts[0] == "feast":
        return "proto" if include.endswith(".pb.h") else layers.module_of("", parts[1:-1])
    if parts[0] == "feast_grpc":
        return "grpc"
    return layers.module_of("batch", parts[1:-1]) if parts[0] == "feast_batch" else None


def check_file(layers: Layers, path: Path, text: str) -> list[str]:
    """The complaints about one source file; `path` is relative to the root."""
    module = module_of_file(layers, path)
    if module is None:
        return []
    if not layers.known(module):
        return [f"{path}:1: folder has no line in cmake/Layers.cmake (module {module})"]
    is_test = path.stem.endswith(("_test", "_bench"))
    is_public_header = path.suffix == ".h" and not path.stem.endswith("_internal")
    complaints = []
    for match in INCLUDE.finditer(text):
        include = match[1]
        where = f"{path}:{text.count(chr(10), 0, match.start(1)) + 1}"
        used = module_of_include(layers, include)
        if used is not None and not layers.known(used):
            complaints.append(f"{where}: {include} is in no module of cmake/Layers.cmake")
        elif used is not None and not (is_test and used == "proto") and not layers.allows(module, used):
            complaints.append(f"{where}: {module} may not use {used} ({include})")
        for heavy in HEAVY:
            if not heavy.pattern.match(include):
                continue
            if not any(fnmatchcase(module, owner) for owner in heavy.owners):
                owners = ", ".join(heavy.owners)
                complaints.append(f"{where}: {include}: {heavy.what} belongs to {owners} only")
            elif is_public_header and not heavy.light.match(include):
                complaints.append(
                    f"{where}: {include}: {heavy.what} goes into a .cc or an _internal.h, not a header")
    return complaints


def check_tree(root: Path) -> list[str]:
    layers = Layers.read(root / "cmake" / "Layers.cmake")
    complaints = []
    for top in ("src", "cmd", "python"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cc"):
                complaints += check_file(layers, path.relative_to(root), path.read_text())
    return complaints


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    try:
        complaints = check_tree(root)
    except (TableError, OSError) as error:
        complaints = [str(error)]
    print("\n".join(complaints) if complaints else "layers: every include goes downward")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
