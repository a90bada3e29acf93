"""Documents that are tables of facts: ids are unique, and what is said to be done is all there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_deviation_has_an_id_of_its_own_and_a_state():
    text = (ROOT / "docs/compatibility.md").read_text()
    rows = re.findall(r"^\| (C-\d\d) \|.*\| ([^|]+) \|$", text, flags=re.M)
    assert len(rows) == text.count("\n| C-")
    ids = [row for row, _ in rows]
    assert sorted(set(ids)) == sorted(ids)
    assert all(state.startswith(("done", "planned", "until")) for _, state in rows)
