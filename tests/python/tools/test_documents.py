"""Documents that are tables of facts: ids are unique, and what is said to be done is all there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_deviation_has_an_id_of_its_own_and_a_state():
    text = (ROOT / "docs/compatibility.md").read_text()
    rows = re.findall(r"^\| (C-\d{2,3}) \|.*\| ([^|]+) \|$", text, flags=re.M)
    assert len(rows) == text.count("\n| C-")
    ids = [row for row, _ in rows]
    assert sorted(set(ids)) == sorted(ids)
    assert all(state.startswith(("done", "planned", "until")) for _, state in rows)


def test_only_work_of_later_releases_is_called_not_supported_yet():
    files = [path for folder in ("src", "cmd") for path in (ROOT / folder).rglob("*.cc")]
    code = {path: path.read_text() for path in files if not path.name.endswith("_test.cc")}
    topics = {
        "repo_config.cc": "vector search is not supported yet",
        "serve.cc": "auth.type",
        "unsupported.cc": "data validation is not supported yet",
        "view_lookup.cc": "running stream and batch transformations and aggregations is not supported yet",
        "worker_pool.cc": "has aggregations; running them is not supported yet",
    }
    found = {path.name: text for path, text in code.items() if "not supported yet" in text}
    assert sorted(found) == sorted(topics)
    for name, topic in topics.items():
        assert topic in found[name] and found[name].count("not supported yet") == 1, name
