"""The layer checker on small trees: what it must let through, and what it must refuse."""

from pathlib import Path

import check_layers
import pytest
from check_layers import Layers, TableError, check_file, check_tree

CORE = {
    "base": [],
    "net": ["base"],
    "types": ["base"],
    "codec": ["types"],
    "definitions": ["types", "proto"],
    "registry": ["definitions"],
    "registry_file": ["registry", "net"],
    "online": ["definitions", "codec"],
    "online_sqlite": ["online", "net"],
    "online_redis": ["online", "net"],
    "offline": ["definitions"],
    "transform": ["definitions", "net"],
    "auth": ["definitions"],
    "retrieval": ["registry", "online"],
    "server_http": ["retrieval"],
    "app": ["server_http", "registry_file", "online_sqlite", "online_redis", "offline"],
}


def complaints(path: str, *includes: str) -> list[str]:
    return check_file(Layers(CORE), Path(path), "".join(f"#include {name}\n" for name in includes))


@pytest.mark.parametrize(
    ("path", "include"),
    [
        ("src/feast/base/status.cc", '"feast/base/status.h"'),
        ("src/feast/online/online_store.h", '"feast/base/status.h"'),  # downward through types
        ("src/feast/online/sqlite/sqlite_store.cc", '"feast/online/online_store.h"'),
        ("src/feast/online/sqlite/sqlite_store.cc", "<sqlite3.h>"),
        ("src/feast/online/online_store.h", '"feast/types/Value.pb.h"'),
        ("src/feast/codec/value_test.cc", '"feast/types/Value.pb.h"'),  # tests may compare with protos
        ("src/feast/app/app.cc", '"feast/online/sqlite/sqlite_store.h"'),
        ("src/feast/server/http/server.cc", "<boost/beast/http.hpp>"),
        ("src/feast_batch/stores/file/scan.cc", "<arrow/api.h>"),
        ("src/feast_batch/stores/file/scan_internal.h", "<arrow/api.h>"),
        ("src/feast_batch/historical/plan.h", "<arrow/type_fwd.h>"),
        ("src/feast_batch/module.cc", '"feast_batch/stores/file/file_store.h"'),
        ("cmd/feast/serve.cc", '"feast/app/app.h"'),
        ("tests/e2e/anything.cc", '"feast/app/app.h"'),
    ],
)
def test_downward_includes_pass(path, include):
    assert complaints(path, include) == []


@pytest.mark.parametrize(
    ("path", "include", "says"),
    [
        ("src/feast/base/status.cc", '"feast/types/value.h"', "base may not use types"),
        ("src/feast/codec/value.h", '"feast/types/Value.pb.h"', "codec may not use proto"),
        ("src/feast/retrieval/plan.cc", '"feast/online/redis/redis_store.h"', "may not use online_redis"),
        ("src/feast/online/redis/redis_store.cc", '"feast/online/sqlite/x.h"', "may not use online_sqlite"),
        ("cmd/feast/serve.cc", '"feast/online/redis/redis_store.h"', "cmd may not use online_redis"),
        ("src/feast/app/app.cc", '"feast_batch/module.h"', "app may not use batch"),
        ("src/feast/retrieval/plan.cc", "<sqlite3.h>", "SQLite belongs to online_sqlite"),
        ("src/feast/app/app.cc", "<arrow/api.h>", "Arrow C++ belongs to batch"),
        ("src/feast/app/app.cc", '"feast/serving/ServingService.grpc.pb.h"', "gRPC belongs to"),
        ("src/feast/online/sqlite/sqlite_store.h", "<sqlite3.h>", "not a header"),
        ("src/feast/mystery/a.cc", '"feast/base/status.h"', "no line in cmake/Layers.cmake"),
        ("src/feast/base/a.cc", '"feast/mystery/b.h"', "in no module"),
    ],
)
def test_wrong_includes_are_refused(path, include, says):
    found = complaints(path, include)
    assert len(found) == 1 and says in found[0], found


def test_the_complaint_names_file_and_line():
    assert complaints("src/feast/base/a.cc", "<string>", '"feast/types/b.h"')[0].startswith("src/feast/base/a.cc:2: ")


def test_a_cycle_in_the_table_is_refused():
    with pytest.raises(TableError, match="cycle"):
        Layers({"app": [], "a": ["b"], "b": ["a"]})


def test_an_unknown_module_in_the_table_is_refused():
    with pytest.raises(TableError, match="nowhere"):
        Layers({"app": [], "a": ["nowhere"]})


def test_a_tree_is_read_with_its_cmake_table(tmp_path):
    (tmp_path / "cmake").mkdir()
    (tmp_path / "cmake/Layers.cmake").write_text(
        '# comment\nset(FEAST_LAYER_base "")\nset(FEAST_LAYER_types base)\nset(FEAST_LAYER_app\n    types base)\n')
    for name, include in (("base", "types"), ("types", "base")):
        (tmp_path / "src/feast" / name).mkdir(parents=True)
        (tmp_path / "src/feast" / name / f"{name}.h").write_text(f'#include "feast/{include}/{include}.h"\n')
    assert check_tree(tmp_path) == [
        "src/feast/base/base.h:1: base may not use types (feast/types/types.h)"]


def test_the_real_table_is_sound():
    Layers.read(Path(check_layers.__file__).resolve().parent.parent / "cmake" / "Layers.cmake")
