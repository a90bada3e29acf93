"""Plans as objects, deletions in the commit that applies the rest, other projects of one registry."""

import pytest
from conftest import NOW

from feast import Entity, FeatureView, FileSource
from feast.diff.property_diff import TransitionType
from feast.errors import ConflictingFeatureViewNames, DataSourceRepeatNamesException, EntityNotFoundException
from feast.infra.registry.registry import FeastObjectType
from feast.repo_operations import RepoContents


@pytest.fixture
def applied(store, objects):
    store.apply(list(objects.values()))
    return store


def by_name(diff):
    return {item.name: item for item in diff.feast_object_diffs}


def test_a_first_plan_creates_objects_and_tables(store, objects, repo):
    changes, tables, infra = store.plan(list(objects.values()))
    made = by_name(changes)
    assert made["hourly"].transition_type is TransitionType.CREATE
    assert made["hourly"].feast_object_type is FeastObjectType.FEATURE_VIEW
    assert made["hourly"].current_feast_object is None
    assert made["hourly"].new_feast_object.name == "hourly"
    assert "Created feature view" in changes.to_string() and "hourly" in changes.to_string()
    assert "stats" not in changes.to_string()  # data sources are not printed, as upstream
    assert [item.name for item in tables.infra_object_diffs] == ["drivers_hourly"]
    assert "Created sqlite table" in tables.to_string()
    assert [(table.name, table.path) for table in infra.infra_objects] == [
        ("drivers_hourly", str(repo / "data" / "online.db"))
    ]
    assert not store.list_feature_views()


def test_a_plan_shows_what_differs(applied, objects):
    objects["driver"].description = "who drives"
    contents = RepoContents(entities=[objects["driver"]], data_sources=[objects["stats"]])
    changes, tables, infra = applied.plan(contents)
    found = by_name(changes)
    (difference,) = found["driver"].feast_object_property_diffs
    assert (difference.property_name, difference.val_existing, difference.val_declared) == (
        "description",
        "",
        "who drives",
    )
    assert found["stats"].transition_type is TransitionType.UNCHANGED
    assert found["hourly"].transition_type is TransitionType.DELETE
    assert found["hourly"].current_feast_object.name == "hourly"
    assert [item.transition_type for item in tables.infra_object_diffs] == [TransitionType.DELETE]
    assert not infra.infra_objects


def test_a_plan_without_changes_says_so(applied, objects):
    from feast import Project

    contents = [Project(name="drivers"), *objects.values()]
    changes, tables, _ = applied.plan(contents)
    assert "No changes to registry" in changes.to_string()
    assert "No changes to infrastructure" in tables.to_string()


def test_deletions_are_one_commit_with_the_rest(applied, objects):
    other = Entity(name="other")
    with pytest.raises(EntityNotFoundException, match="nobody"):
        applied.apply([other], objects_to_delete=[objects["service"], Entity(name="nobody")], partial=False)
    assert applied.list_feature_services() and len(applied.list_entities()) == 1
    applied.apply([other], objects_to_delete=[objects["service"]], partial=False)
    assert not applied.list_feature_services() and len(applied.list_entities()) == 2


def test_deletions_leave_what_others_applied_meanwhile(applied, objects, repo):
    from feast import FeatureStore

    stale = FeatureStore(repo_path=str(repo))
    stale.list_entities(allow_cache=True)
    applied.apply(Entity(name="meanwhile"))
    stale.apply([], objects_to_delete=[objects["service"]], partial=False)
    assert {entity.name for entity in applied.list_entities()} == {"driver", "meanwhile"}


def test_a_deleted_view_loses_its_table(applied, objects, repo):
    import sqlite3

    applied.apply([], objects_to_delete=[objects["service"], objects["hourly"]], partial=False)
    with sqlite3.connect(repo / "data" / "online.db") as connection:
        assert not connection.execute("SELECT name FROM sqlite_master WHERE name = 'drivers_hourly'").fetchall()


def test_names_that_differ_in_case_only(store, objects):
    twin = FeatureView(name="Hourly", entities=[objects["driver"]], source=objects["stats"])
    with pytest.raises(ConflictingFeatureViewNames):
        store.apply([objects["driver"], objects["hourly"], twin])
    store.apply([objects["driver"], objects["hourly"], twin], skip_feature_view_validation=True)
    assert {view.name for view in store.list_feature_views()} == {"hourly", "Hourly"}
    source = FileSource(name="STATS", path="data/other.parquet", timestamp_field="event_timestamp")
    with pytest.raises(DataSourceRepeatNamesException, match="same case-insensitive name"):
        store.apply([objects["stats"], source])


def test_another_project_of_the_same_registry(applied, objects):
    token = applied.set_current_project("second")
    assert applied.project == "second" and not applied.list_entities()
    applied.apply([objects["driver"], objects["stats"], objects["pushed"], objects["hourly"]])
    applied.materialize(NOW, NOW)
    applied.reset_current_project(token)
    answer = applied.get_online_features(["hourly:trips"], [{"driver_id": 1001}]).to_dict()
    assert answer["trips"] == [None]
    assert {project.name for project in applied.list_projects()} == {"drivers", "second"}


def test_a_project_change_counts_in_its_own_thread(applied):
    import threading

    seen = []
    applied.set_current_project("second")
    thread = threading.Thread(target=lambda: seen.append(applied.project))
    thread.start()
    thread.join()
    assert seen == ["drivers"] and applied.project == "second"
