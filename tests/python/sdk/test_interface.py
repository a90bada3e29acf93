"""Every method of upstream's FeatureStore is there and can be called as there; what does not work yet says so."""

import asyncio
import inspect
import re
from pathlib import Path

import pytest

from feast import FeatureStore

LINES = Path(__file__).with_name("feature_store_interface.txt").read_text().splitlines()
METHODS = [line for line in LINES if line.endswith(")")]


@pytest.mark.parametrize("line", METHODS, ids=lambda line: line.split("(")[0])
def test_arguments_are_upstreams(line):
    name, wanted = line[:-1].split("(", 1)
    given = [item for item in inspect.signature(getattr(FeatureStore, name)).parameters.values() if item.name != "self"]
    ours = [item.name if item.default is item.empty else f"{item.name}={item.default}" for item in given]
    upstreams = [item for item in wanted.split(", ") if item]
    assert [item.split("=")[0] for item in ours][: len(upstreams)] == [item.split("=")[0] for item in upstreams]
    for mine, theirs in zip(ours, upstreams):
        assert mine == theirs or "=" not in theirs  # what upstream wants may have a default here
    assert all("=" in item for item in ours[len(upstreams) :])


def test_attributes_are_upstreams(store):
    for name in LINES[1:]:
        if name not in METHODS:
            getattr(store, name)


def test_methods_and_their_types_are_described():
    for line in METHODS:
        method = getattr(FeatureStore, line.split("(")[0])
        assert method.__doc__, line
        hints = inspect.signature(method)
        assert hints.return_annotation is not hints.empty, line
        assert all(item.annotation is not item.empty for item in list(hints.parameters.values())[1:]), line


ABSENT = {
    "serve_ui": ("localhost", 1),
    "serve_registry": (1,),
    "serve_offline": ("localhost", 1),
    "serve_transformations": (1,),
}
NOT_YET = {
    "retrieve_online_documents": ([0.5], 1, ["v:f"]),
    "retrieve_online_documents_v2": (["v:f"], 1),
    "openai_search": ("store", "query"),
}


@pytest.mark.parametrize("name", [*ABSENT, *NOT_YET])
def test_what_does_not_work_says_so(store, name):
    def call():
        answer = getattr(store, name)(*{**ABSENT, **NOT_YET}[name])
        return asyncio.run(answer) if inspect.iscoroutine(answer) else answer

    says = "this build has no .*; " if name in ABSENT else "^(vector search|data validation) is not supported yet$"
    with pytest.raises(NotImplementedError, match=says):
        call()


def test_nothing_else_of_the_package_is_not_supported_yet():
    import feast

    found = {}
    for file in sorted(Path(feast.__file__).parent.rglob("*.py")):
        if "protos" in file.parts:
            continue
        for text in re.findall(r'"[^"\n]*not supported yet[^"\n]*"', file.read_text(encoding="utf-8")):
            found.setdefault(file.name, []).append(text)
    assert found == {
        "server_access.py": ['"vector search is not supported yet"'] * 3,
    }


def test_a_list_in_place_needs_a_store_that_can(store):
    with pytest.raises(NotImplementedError, match="'sqlite' has no update expressions"):
        asyncio.run(store.update_online_store("hourly", None, {}))


def test_serve_wants_a_repository_and_both_tls_files(store, repo):
    with pytest.raises(ValueError, match="only supports 'http'"):
        store.serve("localhost", 0, type_="grpc")
    with pytest.raises(ValueError, match="together"):
        store.serve("localhost", 0, tls_key_path="key")
    (repo / "feature_store.yaml").unlink()
    with pytest.raises(ValueError, match="no feature_store.yaml"):
        store.serve("localhost", 0)
    assert store.get_feature_server_endpoint() is None
