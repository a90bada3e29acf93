"""The same definitions under this package and under upstream: equal messages, equal errors.

Runs only if FEAST_ORACLE_PYTHON names an interpreter that has upstream Feast; FEAST_INTEROP_REPOS names the folder of the
interop suite's definition files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PACKAGE

HERE = Path(__file__).parent
ORACLE = os.environ.get("FEAST_ORACLE_PYTHON")
REPOS = Path(os.environ.get("FEAST_INTEROP_REPOS", "/work/shared/interop/repos"))

pytestmark = pytest.mark.skipif(not ORACLE, reason="FEAST_ORACLE_PYTHON is not set")

# Where upstream loses something or is wrong; see the contract's notes O67, O70, R6 and "AllowAll cannot be read back".
BETTER = {
    'again(bfv())': "the transformation survives",
    'again(sfv()) == sfv()': "functions are compared by source text",
    'again(Permission(name="p"))': "everybody can be read back",
    'PostgreSQLSource(name="n", table="t") == PostgreSQLSource(name="n", table="u")': "tables differ",
    '[str(f) for f in again(sfv(schema=[Field(name="k", dtype=Int64), Field(name="a", dtype=Int64)])).features]': (
        "key columns are not features"
    ),
}
BETTER_PREFIXES = (
    # Upstream writes the features of stream views in the order of a set.
    'sfv(schema=[Field(name="k", dtype=Int64), ',
    'again(sfv(schema=[Field(name="k", dtype=Int64), ',
    "SavedDataset(name=\"d\", features=[\"v:a\"], join_keys=[\"k\"], storage=SavedDatasetFileStorage(path=\"p\")) ==",
    "[Permission(name=\"p\").match_actions",  # required tags are compared with the object's tags
)


def probe(python: str, *arguments: str) -> dict:
    environment = dict(os.environ)
    environment.pop("PYTHONPATH", None)
    if python == sys.executable:
        environment["PYTHONPATH"] = str(PACKAGE)
    command = [python, str(HERE / "probe.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_expressions_give_the_same_answers():
    arguments = [str(HERE / "expressions.txt")]
    ours, theirs = probe(sys.executable, *arguments), probe(str(ORACLE), *arguments)
    differ = {
        line: (ours[line], answer)
        for line, answer in theirs.items()
        if ours[line] != answer
        and " object at 0x" not in json.dumps(answer)
        and line not in BETTER
        and not line.startswith(BETTER_PREFIXES)
    }
    assert not differ, json.dumps(differ, indent=1)


@pytest.mark.parametrize("name", ["catalog", "rides", "history", "types"])
def test_interop_definitions_give_the_same_messages(name):
    path = str(REPOS / f"{name}.py")
    ours, theirs = probe(sys.executable, "--repo", path), probe(str(ORACLE), "--repo", path)
    assert ours.keys() == theirs.keys()
    for variable, message in theirs.items():
        assert ours[variable] == message, variable
