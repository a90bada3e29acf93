"""Entity rows as people have them, and saved datasets."""

from datetime import timedelta

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import NOW
from feast.errors import EntityDFNotDateTime, SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

FEATURES = ["hourly:trips", "hourly:rate"]


@pytest.fixture
def entities():
    return pd.DataFrame(
        {"driver_id": [1002, 1001], "event_timestamp": [NOW - timedelta(minutes=90), NOW], "label": [1, 2]}
    )


def trips(store, entity_rows):
    return store.get_historical_features(entity_rows, ["hourly:trips"]).to_arrow()["trips"].to_pylist()


@pytest.mark.parametrize(
    "given",
    [
        lambda frame: frame,
        lambda frame: pa.Table.from_pandas(frame),
        lambda frame: pa.Table.from_pandas(frame).to_reader(),
        lambda frame: pa.Table.from_pandas(frame).to_batches()[0],
        lambda frame: pl.from_pandas(frame),
        lambda frame: frame.to_dict("list"),
        lambda frame: frame.assign(event_timestamp=frame.event_timestamp.dt.tz_convert("Asia/Kolkata")),
        lambda frame: frame.assign(event_timestamp=frame.event_timestamp.dt.tz_localize(None)),
        lambda frame: frame.assign(event_timestamp=frame.event_timestamp.astype(str)),
        lambda frame: frame.assign(event_timestamp=frame.event_timestamp.astype("datetime64[s, UTC]")),
        lambda frame: frame.rename(columns={"event_timestamp": "asked_at"}),
    ],
    ids=["pandas", "arrow", "reader", "batch", "polars", "dict", "zone", "naive", "text", "seconds", "other name"],
)
def test_entity_rows_of_any_kind(applied, entities, given):
    assert trips(applied, given(entities)) == [10020, 10012]


def test_times_come_out_in_utc_nanoseconds(applied, entities):
    table = applied.get_historical_features(entities, FEATURES).to_arrow()
    assert str(table.schema.field("event_timestamp").type) == "timestamp[ns, tz=UTC]"
    assert str(table.schema.field("trips").type) == "int64"


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (lambda frame: frame.drop(columns="driver_id"), KeyError, "driver_id.*hourly"),
        (lambda frame: frame.drop(columns="event_timestamp"), ValueError, "column named event_timestamp"),
        (lambda frame: frame.assign(event_timestamp=[1, 2]), EntityDFNotDateTime, "datetime"),
        (lambda frame: frame.assign(event_timestamp=["soon", "now"]), EntityDFNotDateTime, "datetime"),
        (lambda frame: frame.set_axis(["driver_id", "event_timestamp", "driver_id"], axis=1), ValueError, "driver_id"),
        (lambda frame: frame.assign(driver_id=["a", "b"]), Exception, "driver_id"),
        (lambda frame: frame.assign(label=[1, "x"]), ValueError, "label"),
        (lambda frame: "SELECT * FROM entities", ValueError, "does not run SQL"),
        (lambda frame: [1, 2], TypeError, "list"),
    ],
    ids=["key", "time", "number", "text", "twice", "kind", "mixed", "sql", "list"],
)
def test_entity_rows_that_cannot_be_joined(applied, entities, change, error, text):
    with pytest.raises(error, match=text):
        applied.get_historical_features(change(entities), FEATURES).to_arrow()


def test_an_arrow_table_with_a_column_twice_is_refused(applied):
    table = pa.table([[1001], [1001], [NOW]], names=["driver_id", "driver_id", "event_timestamp"])
    with pytest.raises(ValueError, match="more than one column named driver_id"):
        applied.get_historical_features(table, FEATURES)


def test_a_feature_named_like_an_entity_column_steps_aside(applied, entities):
    table = applied.get_historical_features(entities.assign(trips="mine"), ["hourly:trips"]).to_arrow()
    assert table["trips"].to_pylist() == ["mine", "mine"]
    assert table["trips__"].to_pylist() == [10020, 10012]
    with pytest.raises(ValueError, match="trips__"):
        applied.get_historical_features(entities.assign(trips="mine", trips__="too"), ["hourly:trips"])


@pytest.mark.parametrize("path", ["data/saved.parquet", "data/saved"], ids=["file", "folder"])
@pytest.mark.parametrize("full", [False, True], ids=["short", "full"])
def test_saved_datasets_are_read_again(applied, entities, path, full):
    def job():
        return applied.get_historical_features(entities, FEATURES, full_feature_names=full)

    storage = SavedDatasetFileStorage(path=path)
    saved = applied.create_saved_dataset(job(), "training", storage)
    assert saved.join_keys == ["driver_id"]
    with pytest.raises(SavedDatasetLocationAlreadyExists, match=path):
        applied.create_saved_dataset(job(), "training", storage)
    applied.create_saved_dataset(job(), "training", storage, allow_overwrite=True)

    again = applied.get_saved_dataset("training")
    assert (again.features, again.full_feature_names) == (FEATURES, full)
    names = ["hourly__trips", "hourly__rate"] if full else ["trips", "rate"]
    frame = again.to_df()
    assert list(frame.columns) == ["driver_id", *names, "event_timestamp"]
    assert sorted(frame[names[0]]) == [10012, 10020]


def test_rows_come_out_as_people_want_them(applied, entities):
    job = applied.get_historical_features(entities, FEATURES)
    assert "not read yet" in repr(job) and "hourly:trips" in job._repr_html_()
    polars = job.to_polars()
    assert polars["trips"].to_list() == [10020, 10012]
    assert polars.equals(pl.DataFrame(job)), "by the Arrow stream protocol"
    assert pa.table(job).equals(job.to_arrow())
    assert "rows=2" in repr(job) and "2 rows × 5 columns" in job._repr_html_()


def test_online_answers_come_out_as_people_want_them(applied, stats):
    applied.write_to_online_store("hourly", stats.iloc[[5]])
    answer = applied.get_online_features(FEATURES, [{"driver_id": 1002}])
    assert answer.to_polars()["trips"].to_list() == pl.DataFrame(answer)["trips"].to_list() == [10022]
    assert repr(answer) == "OnlineResponse(features=['driver_id', 'trips', 'rate'], rows=1)"
    assert "<td>10022</td>" in answer._repr_html_()


def test_definitions_are_shown_in_notebooks(objects):
    for kind, name in [("Entity", "driver"), ("FileSource", "stats"), ("FeatureView", "hourly"), ("FeatureService", "service")]:
        assert objects[name]._repr_html_().startswith(f"<div><b>{kind} {name}</b><table>")
    objects["driver"].description = "<script>"
    assert "&lt;script&gt;" in objects["driver"]._repr_html_()


def test_a_saved_dataset_of_a_service_knows_its_features(applied, entities):
    job = applied.get_historical_features(entities, applied.get_feature_service("service"))
    saved = applied.create_saved_dataset(job, "of_service", SavedDatasetFileStorage(path="data/s.parquet"))
    assert saved.features == ["hourly:trips"]
    assert saved.to_df()["trips"].tolist() == [10020, 10012]


def test_written_rows_are_history(applied, stats):
    row = stats.iloc[[5]].assign(trips=5)
    applied.write_to_offline_store("hourly", row)
    assert trips(applied, pd.DataFrame({"driver_id": [1002], "event_timestamp": [NOW]})) == [5]
    with pytest.raises(ValueError, match="column 'trips'.*string.*int64"):
        applied.write_to_offline_store("hourly", row.assign(trips="many"))
    with pytest.raises(ValueError, match="missing_expected_columns: \\['rate'\\]"):
        applied.write_to_offline_store("hourly", row.drop(columns="rate"))
