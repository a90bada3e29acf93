"""Frames of every kind, label and stream views, old versions of views, through the SDK."""

from datetime import timedelta

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import NOW, YAML

from feast import FeatureService, FeatureStore, FeatureView, Field, LabelView, OnDemandFeatureView, StreamFeatureView
from feast.data_source import KafkaSource, PushSource
from feast.data_format import JsonFormat
from feast.errors import FeatureViewVersionNotFound
from feast.types import Bool, Float32, Int64

HOUR = timedelta(hours=1)


@pytest.fixture
def applied(store, objects):
    store.apply(list(objects.values()))
    return store


def online(store, features, rows):
    return store.get_online_features(features, rows).to_dict()


# ---------------------------------------------------------------- frames

ROWS = {"driver_id": [1002, 1001], "event_timestamp": [NOW, NOW - HOUR], "note": ["a", "b"]}


FRAMES = [pd.DataFrame(ROWS), pl.DataFrame(ROWS), pa.table(ROWS), ROWS]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__module__)
def test_entity_rows_as_any_frame(applied, frame):
    table = applied.get_historical_features(frame, ["hourly:trips"]).to_arrow()
    assert table.column_names == ["driver_id", "event_timestamp", "note", "trips"]
    assert table["trips"].to_pylist() == [10022, 10011]
    assert table["note"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_written_rows_as_any_frame(applied, kind):
    rows = {"driver_id": [5], "rate": [0.5], "trips": [7], "event_timestamp": [NOW], "created": [NOW]}
    applied.write_to_online_store("hourly", kind(rows))
    applied.push("pushed", kind({**rows, "driver_id": [6]}))
    assert online(applied, ["hourly:trips"], [{"driver_id": 5}, {"driver_id": 6}])["trips"] == [7, 7]


def test_entity_rows_may_be_columns_or_rows(applied):
    applied.materialize(NOW - 5 * HOUR, NOW)
    by_rows = online(applied, ["hourly:trips"], [{"driver_id": 1001}, {"driver_id": 1002}])
    assert by_rows == online(applied, ["hourly:trips"], {"driver_id": [1001, 1002]})
    assert by_rows["trips"] == [10012, 10022]


# ---------------------------------------------------------------- label and stream views


@pytest.fixture
def labels(applied, objects):
    source = PushSource(name="label_source", batch_source=objects["stats"])
    view = LabelView(name="verdicts", entities=[objects["driver"]], schema=[Field(name="good", dtype=Bool)],
                     source=source)
    applied.apply([objects["driver"], source, view])
    return applied


def test_labels_are_pushed_and_read(labels):
    assert [view.name for view in labels.list_label_views()] == ["verdicts"]
    assert labels.get_label_view("verdicts").features[0].name == "good"
    row = pd.DataFrame({"driver_id": [1001], "good": [True], "event_timestamp": [NOW], "created": [NOW]})
    labels.push("label_source", row)
    assert online(labels, ["verdicts:good"], [{"driver_id": 1001}])["good"] == [True]
    with pytest.raises(ValueError, match="LabelView verdicts cannot be materialized"):
        labels.materialize(NOW, NOW, ["verdicts"])


def stream_view(objects, name, **options):
    source = KafkaSource(name="clicks", kafka_bootstrap_servers="host", topic="t", timestamp_field="event_timestamp",
                         message_format=JsonFormat(schema_json="trips integer"), batch_source=objects["stats"])
    return StreamFeatureView(name=name, entities=[objects["driver"]], ttl=timedelta(days=3650), source=source,
                             schema=[Field(name="trips", dtype=Int64)], timestamp_field="event_timestamp", **options)


def test_a_stream_view_is_loaded_from_its_batch_source(applied, objects):
    applied.apply([objects["driver"], stream_view(objects, "streamed")])
    assert [view.name for view in applied.list_stream_feature_views()] == ["streamed"]
    applied.materialize(NOW - HOUR, NOW, ["streamed"])
    assert online(applied, ["streamed:trips"], [{"driver_id": 1001}])["trips"] == [10012]
    frame = applied.get_historical_features(ROWS, ["streamed:trips"]).to_df()
    assert list(frame["trips"]) == [10022, 10011]


def test_stream_code_does_not_run_yet(applied, objects):
    view = stream_view(objects, "coded", udf=lambda frame: frame, udf_string="lambda frame: frame", mode="pandas")
    applied.apply([objects["driver"], view])
    with pytest.raises(NotImplementedError, match=r"not supported yet: StreamFeatureView 'coded'"):
        applied.materialize(NOW - HOUR, NOW, ["coded"])
    row = pd.DataFrame({"driver_id": [1001], "trips": [3], "event_timestamp": [NOW], "created": [NOW]})
    applied.write_to_online_store("coded", row)  # rows that the code has made already
    assert online(applied, ["coded:trips"], [{"driver_id": 1001}])["trips"] == [3]


# ---------------------------------------------------------------- versions


@pytest.fixture
def versioned(repo, objects):
    registry = "registry:\n  path: data/registry.db\n  enable_online_feature_view_versioning: true\n"
    (repo / "feature_store.yaml").write_text(YAML.replace("registry: data/registry.db\n", registry))
    store = FeatureStore(repo_path=str(repo))
    store.apply(list(objects.values()))
    narrow = FeatureView(name="hourly", entities=[objects["driver"]], ttl=timedelta(days=3650),
                         source=objects["pushed"], schema=[Field(name="rate", dtype=Float32)])
    service = FeatureService(name="service", features=[narrow])
    store.apply([objects["driver"], narrow, service])
    return store


def test_versions_are_recorded(versioned):
    assert [item["version"] for item in versioned.list_feature_view_versions("hourly")] == ["v0", "v1"]


def test_each_version_has_its_own_table_and_columns(versioned):
    versioned.materialize(NOW - HOUR, NOW, ["hourly"])
    versioned.materialize(NOW - 2 * HOUR, NOW - HOUR, ["hourly"], version="v0")
    answer = online(versioned, ["hourly@v0:trips", "hourly@latest:rate"], [{"driver_id": 1001}])
    assert (answer["trips"], answer["rate"]) == ([10011], [0.5])
    with pytest.raises(KeyError, match="trips"):
        online(versioned, ["hourly:trips"], [{"driver_id": 1001}])


def test_a_version_must_exist_and_belong_to_one_view(versioned):
    with pytest.raises(FeatureViewVersionNotFound, match="v7"):
        versioned.materialize(NOW - HOUR, NOW, ["hourly"], version="v7")
    with pytest.raises(FeatureViewVersionNotFound, match="v7"):
        online(versioned, ["hourly@v7:rate"], [{"driver_id": 1001}])
    with pytest.raises(ValueError, match="exactly one feature view"):
        versioned.materialize(NOW - HOUR, NOW, version="v0")


def test_a_service_may_pin_a_version(versioned):
    versioned.apply(FeatureService(name="pinned", features=["hourly@v0:trips"]))
    versioned.materialize(NOW - HOUR, NOW, ["hourly"], version="v0")
    service = versioned.get_feature_service("pinned")
    assert online(versioned, service, [{"driver_id": 1001}])["trips"] == [10012]
    frame = versioned.get_historical_features(ROWS, service).to_df()
    assert list(frame["trips"]) == [10022, 10011]


def computed_view(objects, factor):
    namespace = {}
    text = f"def grown(columns):\n    return {{'grown': [value * {factor} for value in columns['trips']]}}\n"
    exec(text, namespace)
    return OnDemandFeatureView(name="grown", sources=[objects["hourly"]], schema=[Field(name="grown", dtype=Int64)],
                               udf=namespace["grown"], udf_string=text, mode="python")


def test_an_old_version_of_an_on_demand_view_is_run(versioned, objects):
    versioned.apply([objects["driver"], objects["hourly"], computed_view(objects, 2)])
    versioned.apply(computed_view(objects, 3))
    versioned.materialize(NOW - HOUR, NOW, ["hourly"])
    for reference, grown in (("grown@v0:grown", 2), ("grown@v1:grown", 3), ("grown:grown", 3)):
        assert online(versioned, [reference], [{"driver_id": 1001}])["grown"] == [10012 * grown]
        frame = versioned.get_historical_features(ROWS, [reference]).to_df()
        assert list(frame["grown"]) == [10022 * grown, 10011 * grown]


# ---------------------------------------------------------------- arguments


def test_force_needs_run_async(applied):
    with pytest.raises(ValueError, match="force=True requires run_async=True"):
        applied.materialize(NOW - HOUR, NOW, force=True)
    with pytest.raises(ValueError, match="force=True requires run_async=True"):
        applied.materialize_incremental(NOW, force=True)
    applied.materialize(NOW - HOUR, NOW, force=True, run_async=True)


def test_column_order_is_checked_where_it_counts(applied, stats):
    shuffled = stats[list(reversed(stats.columns))]
    with pytest.raises(ValueError, match="must come in the order"):
        applied.write_to_offline_store("hourly", shuffled, reorder_columns=False)
    applied.write_to_offline_store("hourly", shuffled)
    with pytest.raises(ValueError, match="commit=False"):
        applied.delete_project("drivers", commit=False)
