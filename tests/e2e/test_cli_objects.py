"""What `feast` prints of the objects in a registry, and what it changes in one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml
from command import done, feast, make_repo, refused

DEFINITIONS = """
from datetime import timedelta
from feast import *
from feast.types import Float64, Int64
from feast.on_demand_feature_view import on_demand_feature_view
from feast.permissions.action import AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import RoleBasedPolicy

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, description="A driver: \\u00e9",
                tags={"team": "a", "kind": "1"}, owner="x@y")
source = FileSource(name="trips_source", path="data/trips.parquet", timestamp_field="ts", tags={"team": "b"})
push = PushSource(name="trips_push", batch_source=source)
keys = [Field(name="driver_id", dtype=Int64)]
trips = FeatureView(name="trips", entities=[driver], source=push, ttl=timedelta(days=2), tags={"team": "a"},
                    schema=keys + [Field(name="count", dtype=Int64), Field(name="dist", dtype=Float64)])
idle = FeatureView(name="idle", entities=[driver], source=source, enabled=False,
                   schema=keys + [Field(name="count", dtype=Int64)])
request = RequestSource(name="request", schema=[Field(name="factor", dtype=Int64)])

@on_demand_feature_view(sources=[trips, request], schema=[Field(name="scaled", dtype=Float64)], mode="python")
def scaled(inputs):
    return {"scaled": [float(c or 0) * f for c, f in zip(inputs["count"], inputs["factor"])]}

service = FeatureService(name="service", features=[trips[["count"]].with_name("renamed"), scaled])
readers = Permission(name="readers", types=[FeatureView], name_patterns=["tri.*"], required_tags={"team": "a"},
                     policy=RoleBasedPolicy(roles=["reader", "admin"]),
                     actions=[AuthzedAction.DESCRIBE, AuthzedAction.READ_ONLINE])
admins = Permission(name="admins", types=[Entity], policy=RoleBasedPolicy(roles=["admin"]),
                    actions=[AuthzedAction.CREATE])
"""


@pytest.fixture(scope="module")
def applied(tmp_path_factory) -> Path:
    folder = make_repo(tmp_path_factory.mktemp("objects") / "repo", DEFINITIONS)
    done("apply", cwd=folder)
    return folder


@pytest.fixture
def own(applied, tmp_path) -> Path:
    """A copy that the test may change."""
    return Path(shutil.copytree(applied, tmp_path / "repo"))


LISTS = {
    "entities": ["NAME    DESCRIPTION    TYPE", "driver  A driver: é    ValueType.INT64"],
    "data-sources": [
        "NAME          CLASS",
        "request       <class 'feast.data_source.RequestSource'>",
        "trips_push    <class 'feast.data_source.PushSource'>",
        "trips_source  <class 'feast.infra.offline_stores.file_source.FileSource'>",
    ],
    "feature-views": [
        "NAME    ENTITIES    TYPE                 ENABLED    STATE",
        "idle    {'driver'}  FeatureView          No         STATE_UNSPECIFIED",
        "scaled  {'driver'}  OnDemandFeatureView  Yes        STATE_UNSPECIFIED",
        "trips   {'driver'}  FeatureView          Yes        STATE_UNSPECIFIED",
    ],
    "on-demand-feature-views": ["NAME", "scaled"],
    "stream-feature-views": ["NAME"],
    "label-views": ["NAME    ENTITIES    CONFLICT_POLICY"],
    "feature-services": ["NAME     FEATURES", "service  trips:count, scaled:scaled"],
    "saved-datasets": ["NAME"],
    "validation-references": ["NAME"],
    "projects": ["NAME    DESCRIPTION    TAGS    OWNER", "tiny                   {}"],
    "features": [
        "Feature    Feature View    Data Type", "count      idle            Int64", "count      trips           Int64",
        "dist       trips           Float64", "scaled     scaled          Float64",
    ],
}


@pytest.mark.parametrize("group", LISTS)
def test_lists_are_tables(applied, group):
    lines = done(group, "list", cwd=applied).splitlines()
    assert [lines[0], *sorted(lines[1:])] == LISTS[group]


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["entities", "list", "--tags", "team:a"], {"driver"}),
        (["entities", "list", "--tags", "team:a, kind:2"], set()),
        (["entities", "list", "--tags", "team:a", "--tags", "kind:1"], {"driver"}),
        (["data-sources", "list", "--tags", "team:b"], {"trips_source"}),
        (["feature-views", "list", "--tags", "team:a"], {"trips"}),
        (["projects", "list", "--tags", "team:a"], set()),
        (["permissions", "list", "--tags", "team:a"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_lists_can_be_filtered_by_tags(applied, args, names):
    lines = done(*args, cwd=applied).splitlines()[1:]
    assert {line.split()[0] for line in lines} == names


def test_descriptions_have_the_order_of_the_fields(applied):
    out = done("feature-views", "describe", "trips", cwd=applied)
    described = yaml.safe_load(out)
    assert list(described) == ["spec", "meta", "enabled", "state"]
    keys = list(described["spec"])
    assert keys.index("name") < keys.index("features") < keys.index("ttl") < keys.index("entityColumns")
    assert described["enabled"] is True and described["state"] == "STATE_UNSPECIFIED"
    assert "  ttl: 172800s\n" in out
    entity = yaml.safe_load(done("entities", "describe", "driver", cwd=applied))
    assert entity["spec"]["description"] == "A driver: é" and list(entity["spec"]["tags"]) == ["kind", "team"]
    assert isinstance(entity["meta"]["createdTimestamp"], str)
    view = yaml.safe_load(done("on-demand-feature-views", "describe", "scaled", cwd=applied))
    assert view["spec"]["featureTransformation"]["userDefinedFunction"]["bodyText"].count("\n") > 1


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("entities", "Entity nope does not exist in project tiny"),
        ("data-sources", "Data source nope does not exist in project tiny"),
        ("feature-views", "Feature view nope does not exist in project tiny"),
        ("on-demand-feature-views", "nope does not exist in project tiny"),
        ("stream-feature-views", "nope does not exist in project tiny"),
        ("label-views", "nope does not exist in project tiny"),
        ("feature-services", "Feature service nope does not exist in project tiny"),
        ("permissions", "Permission nope does not exist in project tiny"),
        ("saved-datasets", "nope does not exist in project tiny"),
        ("validation-references", "nope does not exist in project tiny"),
        ("projects", "Project nope does not exist"),
    ],
)
def test_describing_what_is_not_there_names_it(applied, group, message):
    refused(group, "describe", "nope", names=message, cwd=applied)


def test_features_as_json(applied):
    listed = json.loads(done("features", "list", "--output", "json", cwd=applied))
    assert {"feature_name": "dist", "feature_view": "trips", "dtype": "Float64"} in listed
    described = json.loads(done("features", "describe", "dist", cwd=applied))
    assert described[0]["Feature View"] == "trips" and described[0]["Online Store"] is True
    assert described[0]["Source"]["name"] == "trips_source"
    assert done("features", "describe", "nope", cwd=applied) == "Feature 'nope' not found in any feature view.\n"


def test_permissions(applied):
    table = done("permissions", "list", cwd=applied)
    assert "NAME     TYPES        NAME_PATTERNS    ACTIONS      ROLES    REQUIRED_TAGS" in table
    assert "readers  FeatureView  tri.*            DESCRIBE     admin    team : a" in table
    assert "                                       READ_ONLINE  reader" in table
    tree = [line.lstrip("└├│─ ") for line in done("permissions", "list", "--verbose", cwd=applied).splitlines()]
    assert tree[tree.index("admins ['admin']") + 1] == "Entity: ['driver']"
    assert tree[tree.index("readers ['admin', 'reader']") + 1] == "FeatureView: ['trips']"
    check = done("permissions", "check", cwd=applied)
    unsecured = check[: check.index("The following actions")].splitlines()[2:]
    assert {line.split()[0] for line in unsecured} == {
        "idle", "scaled", "service", "trips_source", "trips_push", "request", "readers", "admins",
    }
    assert "driver        Entity               DESCRIBE" in check
    roles = done("permissions", "list-roles", cwd=applied)
    assert roles.splitlines()[:4] == ["+-------------+", "| ROLE NAME   |", "+=============+", "| admin       |"]
    matrix = done("permissions", "list-roles", "-v", cwd=applied)
    assert "admin        driver           Entity               CREATE" in matrix
    assert "reader       driver           Entity               -" in matrix
    assert "reader       trips            FeatureView          DESCRIBE" in matrix


def test_a_name_pattern_that_is_none_is_named(own):
    text = (own / "definitions.py").read_text().replace('"tri.*"', '"tri["')
    (own / "definitions.py").write_text(text)
    if feast("apply", cwd=own).returncode == 0:  # the definition itself may refuse it, too
        refused("permissions", "check", names="tri[", cwd=own)


def test_views_are_switched_off_and_on(own):
    assert done("feature-views", "enable", "trips", cwd=own) == "Feature view 'trips' is already enabled.\n"
    assert done("feature-views", "disable", "trips", cwd=own) == "Feature view 'trips' has been disabled.\n"
    assert done("feature-views", "disable", "trips", cwd=own) == "Feature view 'trips' is already disabled.\n"
    assert "trips   {'driver'}  FeatureView          No " in done("feature-views", "list", cwd=own)
    assert done("feature-views", "enable", "trips", cwd=own) == "Feature view 'trips' has been enabled.\n"
    refused("feature-views", "enable", "nope", names="Feature view nope does not exist", cwd=own)


def test_states_follow_each_other(own):
    set_state = ("feature-views", "set-state", "trips")
    assert done(*set_state, "created", cwd=own) == "Feature view 'trips' state set to CREATED.\n"
    assert done(*set_state, "CREATED", cwd=own) == "Feature view 'trips' is already in state CREATED.\n"
    message = "Invalid state transition: CREATED -> AVAILABLE_ONLINE. Allowed transitions from CREATED: GENERATED."
    refused(*set_state, "AVAILABLE_ONLINE", names=message, cwd=own)
    refused(*set_state, "nope", names="nope", code=2, cwd=own)
    refused("feature-views", "set-state", "nope", "CREATED", names="Feature view nope does not exist", cwd=own)


def test_versions_of_a_view(applied):
    lines = done("feature-views", "list-versions", "trips", cwd=applied).splitlines()
    assert lines[0] == "VERSION    TYPE          CREATED" + " " * 21 + "VERSION_ID" and len(lines) == 2
    assert lines[1].startswith("v0         feature_view  20")
    message = "No version history found for feature view 'nope'.\n"
    assert done("feature-views", "list-versions", "nope", cwd=applied) == message


def tables(repo: Path) -> set[str]:
    with sqlite3.connect(repo / "data/online.db") as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_delete_removes_an_object_and_its_table(own):
    assert "tiny_trips" in tables(own)
    assert done("delete", "trips", cwd=own) == "Deleted FeatureView trips from tiny.\n"
    assert tables(own) == {"tiny_idle"}
    assert "trips " not in done("feature-views", "list", cwd=own)
    assert done("delete", "driver", cwd=own) == "Deleted Entity driver from tiny.\n"
    assert done("delete", "nope", cwd=own) == "Object not found. Deletion skipped.\n"
    assert "idle" in done("feature-views", "list", cwd=own)


def test_a_project_is_deleted_after_a_yes(own):
    aborted = feast("projects", "delete", "tiny", cwd=own, input="n\n")
    assert aborted.returncode == 1 and "'tiny'" in aborted.stdout and aborted.stderr == "Aborted!\n"
    assert "tiny" in done("projects", "list", cwd=own)
    refused("projects", "delete", "nope", "--yes", names="Project nope does not exist", cwd=own)
    assert done("projects", "delete", "tiny", "-y", cwd=own) == "Project 'tiny' deleted successfully.\n"
    assert done("feature-views", "list", cwd=own).count("\n") == 1
