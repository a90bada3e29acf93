"""Commands and options: all of upstream's are there, and they do what they say."""

from __future__ import annotations

import base64
import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest
from command import YAML, done, environment, executable, feast, make_repo, refused

LISTED = ("entities", "data-sources", "feature-views", "on-demand-feature-views", "stream-feature-views", "label-views",
          "feature-services", "saved-datasets", "validation-references", "permissions", "projects")
OPTIONS = {
    "": "--chdir -c --log-level --feature-store-yaml -f --help",
    "apply": "--skip-source-validation --skip-feature-view-validation --no-progress --no-promote",
    "plan": "--skip-source-validation --skip-feature-view-validation",
    "init": "--minimal -m --template -t --repo-path",
    "materialize": "--views -v --disable-event-timestamp --version",
    "materialize-incremental": "--views -v --version",
    "get-online-features": "--entities -e --features -f",
    "get-historical-features": "--dataframe -d --features -f --start-date -s --end-date -e",
    "serve": "--host -h --port -p --type -t --no-access-log --workers -w --worker-connections --max-requests "
             "--max-requests-jitter --keep-alive-timeout --registry_ttl_sec -r --key -k --cert -c --metrics -m",
    "features list": "--output",
    "permissions list": "--verbose -v --tags",
    "permissions list-roles": "--verbose -v",
    "projects delete": "--yes -y",
    **{f"{group} list": "--tags" for group in LISTED},
}
COMMANDS = {
    "": {"apply", "configuration", "data-sources", "dbt", "delete", "demo-notebooks", "endpoint", "entities",
         "feature-services", "feature-views", "features", "get-historical-features", "get-online-features", "init",
         "label-views", "listen", "materialize", "materialize-incremental", "mcp", "mlflow", "monitor",
         "on-demand-feature-views", "permissions", "plan", "projects", "registry", "registry-dump", "saved-datasets",
         "serve", "serve_lineage", "serve_offline", "serve_registry", "serve_transformations",
         "stream-feature-views", "teardown", "ui", "validate", "validation-references", "version"},
    "feature-views": {"list", "describe", "enable", "disable", "list-versions", "set-state"},
    "features": {"list", "describe"},
    "permissions": {"list", "describe", "check", "list-roles"},
    "projects": {"list", "describe", "current_project", "delete"},
    **{group: {"list", "describe"} for group in LISTED if group not in ("feature-views", "permissions", "projects")},
}
DEFINITIONS = """from feast import *
from feast.types import Int64
driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts")
trips = FeatureView(name="trips", entities=[driver], source=source,
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64)])
other = FeatureView(name="other", entities=[driver], source=source,
    schema=[Field(name="driver_id", dtype=Int64), Field(name="count", dtype=Int64)])
"""


def completed(*words: str) -> set[str]:
    """What `_FEAST_COMPLETE` offers for the last word."""
    env = {"_FEAST_COMPLETE": "bash_complete", "COMP_WORDS": "\n".join(["feast", *words]), "COMP_CWORD": str(len(words))}
    return set(done(env=env).split())


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_of_upstream_is_there(command):
    offered = completed(*command.split(), "-")
    assert offered >= set(OPTIONS[command].split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_upstream_is_there(command):
    assert completed(*command.split(), "") >= COMMANDS[command]


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_bash_completes(tmp_path):
    script = tmp_path / "script"
    script.write_text(done(env={"_FEAST_COMPLETE": "bash_source"}))
    ask = f"""source {script}
        COMP_WORDS=(feast feature-views des); COMP_CWORD=2; _feast_completion {executable()}; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(feast -c /tmp app); COMP_CWORD=3; _feast_completion {executable()}; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(feast apply --skip); COMP_CWORD=2; _feast_completion {executable()}; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(feast -c ''); COMP_CWORD=2; _feast_completion {executable()}; echo "none:${{COMPREPLY[@]}}"
        complete -p feast"""
    out = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, env=environment(), timeout=60, check=True)
    assert out.stdout.splitlines()[:4] == [
        "describe", "apply", "--skip-source-validation --skip-feature-view-validation", "none:",
    ]
    assert "_feast_completion feast" in out.stdout and out.stderr == ""


def test_other_shells_have_a_script():
    assert done(env={"_FEAST_COMPLETE": "zsh_source"}).startswith("#compdef feast\n")
    assert "complete -c feast" in done(env={"_FEAST_COMPLETE": "fish_source"})
    refused("version", names="tcsh_source", env={"_FEAST_COMPLETE": "tcsh_source"})


# ---------------------------------------------------------------- what the options do


@pytest.fixture(scope="module")
def applied(tmp_path_factory) -> Path:
    folder = make_repo(tmp_path_factory.mktemp("options") / "repo", DEFINITIONS)
    out = done("apply", cwd=folder)
    assert out.splitlines() == [
        "Applying changes for project tiny", "Created project tiny", "Created data source trips_source",
        "Created entity driver", "Created feature view trips", "Created feature view other", "",
        "Created sqlite table tiny_other", "Created sqlite table tiny_trips",
    ]
    done("materialize", "2023-12-31", "2024-01-03", cwd=folder)
    return folder


@pytest.fixture
def repo(applied, tmp_path) -> Path:
    return Path(shutil.copytree(applied, tmp_path / "repo"))


def test_plan_and_apply_print_what_changes(repo):
    text = DEFINITIONS[: DEFINITIONS.index("other =")].replace('INT64)', 'INT64, description="who drives")')
    (repo / "definitions.py").write_text(text)
    before = (repo / "data/registry.db").read_bytes()
    planned = done("plan", cwd=repo).splitlines()
    assert (repo / "data/registry.db").read_bytes() == before
    for line in ("Updated entity driver", "\tdescription:  -> who drives", "Deleted feature view other",
                 "Deleted sqlite table tiny_other"):
        assert line in planned
    applied = done("apply", cwd=repo).splitlines()
    assert applied[0] == "Applying changes for project tiny" and "Deleted sqlite table tiny_other" in applied
    nothing = ["No changes to registry", "No changes to infrastructure"]
    assert done("plan", cwd=repo).splitlines() == nothing
    assert done("apply", cwd=repo).splitlines() == ["Applying changes for project tiny", *nothing]


def test_views_whose_names_differ_in_case(repo):
    (repo / "definitions.py").write_text(DEFINITIONS.replace('name="other"', 'name="TRIPS"'))
    refused("plan", names="TRIPS", cwd=repo)
    assert "Created feature view TRIPS" in done("plan", "--skip-feature-view-validation", cwd=repo)


def test_the_configuration_is_found_by_options_and_variables(repo, tmp_path):
    other = repo / "conf/other.yaml"
    other.parent.mkdir()
    other.write_text(YAML.replace("tiny", "second"))
    assert "project: tiny" in done("-c", str(repo), "configuration", cwd=tmp_path)
    assert "project: tiny" in done("configuration", cwd=tmp_path, env={"FEATURE_REPO_DIR_ENV_VAR": str(repo)})
    assert "project: second" in done("-c", str(repo), "-f", "conf/other.yaml", "configuration", cwd=tmp_path)
    assert "project: second" in done("-f", str(other), "configuration", cwd=repo)
    assert "project: second" in done("configuration", cwd=repo, env={"FEAST_FS_YAML_FILE_PATH": str(other)})
    coded = base64.b64encode(other.read_bytes()).decode()
    assert "project: second" in done("configuration", cwd=repo, env={"FEATURE_STORE_YAML_BASE64": coded})
    out = done("-c", str(repo), "-f", "conf/other.yaml", "apply", cwd=tmp_path)
    assert out.startswith("Applying changes for project second\n")


def test_the_log_level_is_obeyed(repo):
    assert feast("entities", "list", cwd=repo).stderr == ""
    told = feast("--log-level", "INFO", "entities", "list", cwd=repo).stderr
    assert "info: configuration: " in told and "feature_store.yaml" in told
    debug = feast("--log-level", "debug", "entities", "describe", "nope", cwd=repo).stderr
    assert "EntityNotFoundException" in debug
    assert feast("--log-level", "critical", "entities", "describe", "nope", cwd=repo).stderr.startswith("Entity nope")


def test_historical_features_of_a_range(applied):
    ask = ("get-historical-features", "-f", "trips:count")
    rows = json.loads(done(*ask, "-s", "2024-01-01 00:00:00", "-e", "2024-01-01 12:00:00", cwd=applied))
    assert [(row["driver_id"], row["count"]) for row in rows] == [(1001, 3)]
    rows = json.loads(done(*ask, "--start-date", "2024-01-01 00:00:00", "--end-date", "2024-01-03 00:00:00", cwd=applied))
    assert [row["count"] for row in rows][-1] == 4


def test_historical_features_of_rows_keep_their_columns(applied):
    rows = [{"driver_id": 1001, "event_timestamp": "2024-01-01T12:00:00+02:00", "label": "x"},
            {"driver_id": 7, "event_timestamp": "2024-01-02 12:00:00", "label": None}]
    ask = ("get-historical-features", "--dataframe", json.dumps(rows), "--features", "trips:count", "-f", "other:count")
    refused(*ask, names="count", cwd=applied)  # two features of one name
    out = json.loads(done(*ask[:-2], cwd=applied))
    assert out == [
        {"driver_id": 1001, "event_timestamp": 1704103200000, "label": "x", "count": 3},
        {"driver_id": 7, "event_timestamp": 1704196800000, "label": None, "count": None},
    ]


def test_online_features_of_several_rows(applied):
    ask = ("get-online-features", "--entities", "driver_id=1001", "-e", "driver_id=7", "--features", "trips:count")
    assert json.loads(done(*ask, cwd=applied)) == {"driver_id": [1001, 7], "count": [4, None]}


def test_one_view_is_materialized(repo):
    out = done("materialize-incremental", "2024-01-04", "--views", "other", cwd=repo).splitlines()
    assert out[0].startswith("Materializing 1 feature views") and out[2] == "other from 2024-01-03 00:00:00+00:00 to 2024-01-04 00:00:00+00:00:"
    assert not [line for line in out if line.startswith("trips")]
    out = done("materialize", "--disable-event-timestamp", "-v", "trips", "-v", "other", cwd=repo)
    assert "Materializing 2 feature views from 1970-01-01 00:00:00+00:00 to 20" in out and "trips: 1 rows in " in out


def test_options_that_repeat_may_stand_before_the_arguments(repo):
    out = done("materialize", "-v", "trips", "--jobs", "2", "-v", "other", "2023-12-31", "2024-01-03", cwd=repo)
    assert out.startswith("Materializing 2 feature views from 2023-12-31 00:00:00+00:00 to 2024-01-03 00:00:00+00:00")
    out = done("materialize-incremental", "--views", "other", "2024-01-04", cwd=repo)
    assert out.startswith("Materializing 1 feature views")


def on_terminal(repo: Path, *args: str, **env: str) -> str:
    """All that the command writes when its output is a terminal."""
    leader, follower = pty.openpty()
    child = subprocess.Popen([executable(), *args], stdout=follower, stderr=follower, cwd=repo, env=environment(**env))
    os.close(follower)
    out = b""
    try:
        while part := os.read(leader, 4096):
            out += part
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(leader)
    assert child.wait(60) == 0
    return out.decode()


def test_progress_is_shown_on_a_terminal_only(repo):
    ask = ("materialize", "2023-12-31", "2024-01-03", "-v", "trips")
    shown = on_terminal(repo, *ask)
    assert "\r\x1b[K" in shown and "reading the source" in shown and "trips: 1 rows in " in shown
    assert "\x1b" not in on_terminal(repo, *ask, FEAST_NO_PROGRESS="1")
    piped = feast(*ask, cwd=repo)
    assert "\x1b" not in piped.stdout + piped.stderr and "trips: 1 rows in " in piped.stdout
    assert "\x1b" in on_terminal(repo, "apply") and "\x1b" not in on_terminal(repo, "apply", "--no-progress")
