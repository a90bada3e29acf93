"""From definitions to answers, over real files and SQLite."""

from datetime import timedelta

import pandas as pd
import pytest
from conftest import NOW

from feast.data_source import PushMode
from feast.errors import EntityNotFoundException, FeatureViewNotFoundException, PushSourceNotFoundException


@pytest.fixture
def loaded(applied):
    applied.materialize(NOW - timedelta(days=1), NOW)
    return applied


def online(store, rows, features=("hourly:rate", "hourly:trips"), **options):
    return store.get_online_features(list(features), rows, **options).to_dict()


def test_apply_registers_every_kind(applied):
    assert [entity.name for entity in applied.list_entities()] == ["driver"]
    assert {source.name for source in applied.list_data_sources()} == {"stats", "pushed"}
    view = applied.get_feature_view("hourly")
    assert [field.name for field in view.features] == ["rate", "trips"]
    assert [field.name for field in view.entity_columns] == ["driver_id"]
    assert applied.get_feature_service("service").feature_view_projections[0].features[0].name == "trips"
    assert applied.get_project().name == "drivers"


def test_tags_filter(applied):
    assert applied.list_entities(tags={"team": "a"})
    assert not applied.list_entities(tags={"team": "b"})


def test_missing_objects_raise_their_own_error(applied):
    with pytest.raises(EntityNotFoundException, match="nobody"):
        applied.get_entity("nobody")
    with pytest.raises(FeatureViewNotFoundException, match="nothing"):
        applied.delete_feature_view("nothing")
    with pytest.raises(FeatureViewNotFoundException, match="nothing"):
        online(applied, [{"driver_id": 1}], ["nothing:rate"])


def test_schema_is_inferred(store, objects):
    from feast import FeatureView

    view = FeatureView(name="inferred", entities=[objects["driver"]], source=objects["stats"])
    store.apply([objects["driver"], view])
    assert {field.name for field in store.get_feature_view("inferred").features} == {"rate", "trips"}


def test_materialized_values_are_read(loaded):
    answer = online(loaded, [{"driver_id": 1002}, {"driver_id": 1001}, {"driver_id": 7}])
    assert answer["driver_id"] == [1002, 1001, 7]
    assert answer["trips"] == [10022, 10012, None]
    assert answer["rate"] == [0.5, 0.5, None]


def test_columns_and_full_names(loaded):
    answer = online(loaded, {"driver_id": [1001]}, full_feature_names=True)
    assert answer["hourly__trips"] == [10012]


def test_service_and_event_times(loaded):
    response = loaded.get_online_features(loaded.get_feature_service("service"), [{"driver_id": 1001}])
    answer = response.to_dict(include_event_timestamps=True)
    assert answer["trips__ts"] == [int(NOW.timestamp())]
    assert "rate" not in answer
    assert list(response.to_df()["trips"]) == [10012]


def test_interval_is_recorded_and_incremental_continues(loaded):
    loaded.materialize_incremental(NOW + timedelta(hours=1))
    (first, second) = loaded.get_feature_view("hourly").materialization_intervals
    assert first[1] == second[0] == NOW


def test_push_to_both_stores(loaded, stats):
    row = stats.iloc[[0]].assign(event_timestamp=NOW + timedelta(hours=1), created=NOW, trips=5)
    loaded.push("pushed", row, to=PushMode.ONLINE_AND_OFFLINE)
    assert online(loaded, [{"driver_id": 1001}])["trips"] == [5]
    with pytest.raises(PushSourceNotFoundException, match="Unable to find push source 'no'"):
        loaded.push("no", row)


def test_older_rows_do_not_win(loaded, stats):
    row = stats.iloc[[0]].assign(trips=5)
    loaded.write_to_online_store("hourly", row)
    assert online(loaded, [{"driver_id": 1001}])["trips"] == [10012]


def test_history_keeps_rows_and_order(applied):
    times = [NOW - timedelta(minutes=90), NOW, NOW - timedelta(days=9)]
    entities = pd.DataFrame({"driver_id": [1002, 1001, 1001], "event_timestamp": times, "label": [1, 2, 3]})
    frame = applied.get_historical_features(entities, ["hourly:trips"]).to_df()
    assert list(frame.columns) == ["driver_id", "event_timestamp", "label", "trips"]
    assert list(frame["label"]) == [1, 2, 3]
    assert list(frame["trips"].astype("Int64").fillna(-1)) == [10020, 10012, -1]


def test_history_parses_times_and_refuses_both(applied):
    entities = pd.DataFrame({"driver_id": [1001], "event_timestamp": ["2026-01-02T00:00:00Z"]})
    job = applied.get_historical_features(entities, ["hourly:trips"], full_feature_names=True)
    assert job.to_arrow()["hourly__trips"].to_pylist() == [10012]
    with pytest.raises(ValueError, match="Cannot specify both entity_df"):
        applied.get_historical_features(entities, ["hourly:trips"], end_date=NOW)
    with pytest.raises(ValueError, match="column named event_timestamp"):
        applied.get_historical_features(entities[["driver_id"]], ["hourly:trips"])


def test_disabled_views_do_not_serve(loaded):
    loaded.disable_feature_view("hourly")
    loaded.refresh_registry()
    with pytest.raises(Exception, match="disabled"):
        online(loaded, [{"driver_id": 1001}])
    loaded.enable_feature_view("hourly")
    assert online(loaded, [{"driver_id": 1001}])["trips"] == [10012]


def test_objects_to_delete_need_a_full_apply(applied, objects):
    applied.apply([], objects_to_delete=[objects["service"]])
    assert applied.list_feature_services()
    applied.apply([], objects_to_delete=[objects["service"]], partial=False)
    assert not applied.list_feature_services()
    assert applied.list_feature_views()


def test_teardown_empties_the_store(loaded, repo):
    loaded.teardown()
    assert not (repo / "data" / "registry.db").exists()


def test_a_store_does_not_survive_a_fork(applied):
    import os

    child = os.fork()
    if child == 0:
        try:
            applied.refresh_registry()
        except RuntimeError as error:
            os._exit(0 if "forked" in str(error) else 2)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
