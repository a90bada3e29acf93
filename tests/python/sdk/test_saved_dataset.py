"""Saved datasets: what is recorded of a retrieval, and reading the stored rows again."""

from datetime import timedelta

import pandas as pd
import pytest
from conftest import NOW

from feast import FeatureService
from feast.errors import SavedDatasetLocationAlreadyExists, SavedDatasetNotFound
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.saved_dataset import SavedDataset, ValidationReference

HOUR = timedelta(hours=1)


@pytest.fixture
def applied(store, objects):
    store.apply(list(objects.values()))
    return store


@pytest.fixture
def entities():
    return pd.DataFrame({"driver_id": [1002, 1001], "event_timestamp": [NOW - HOUR, NOW], "label": [1, 0]})


@pytest.fixture
def storage(repo):
    return SavedDatasetFileStorage(path=str(repo / "data" / "saved.parquet"))


def test_a_job_knows_what_it_was_asked_for(applied, entities):
    metadata = applied.get_historical_features(entities, ["hourly:rate"]).metadata
    assert metadata.features == ["hourly:rate"]
    assert metadata.keys == ["driver_id", "label"]
    assert (metadata.min_event_timestamp, metadata.max_event_timestamp) == (NOW - HOUR, NOW)
    service = applied.get_feature_service("service")
    assert applied.get_historical_features(entities, service).metadata.features == ["hourly:trips"]
    ranged = applied.get_historical_features(features=["hourly:rate"], start_date=NOW - HOUR, end_date=NOW).metadata
    assert (ranged.keys, ranged.min_event_timestamp, ranged.max_event_timestamp) == ([], NOW - HOUR, NOW)


def test_stored_rows_are_read_again(applied, entities, storage):
    job = applied.get_historical_features(entities, ["hourly:trips"], full_feature_names=True)
    made = applied.create_saved_dataset(job, "set", storage, tags={"a": "b"})
    read = applied.get_saved_dataset("set")
    for dataset in (made, read):
        frame = dataset.to_df().sort_values("driver_id")
        assert set(frame.columns) == {"driver_id", "event_timestamp", "hourly__trips"}
        assert list(frame["hourly__trips"]) == [10012, 10021]
        assert dataset.to_arrow().num_rows == 2
        assert b"feast.rows" not in (dataset.to_arrow().schema.metadata or {}), "what stores tell materialization"
    assert read.join_keys == ["driver_id"] and read.tags == {"a": "b"} and read.full_feature_names
    assert read.min_event_timestamp.replace(tzinfo=NOW.tzinfo) == NOW - HOUR
    assert read.max_event_timestamp.replace(tzinfo=NOW.tzinfo) == NOW
    assert [item.name for item in applied.list_saved_datasets(tags={"a": "b"})] == ["set"]


def test_columns_in_the_place_of_join_keys_are_kept(applied, objects, storage):
    views = [objects["hourly"], objects["hourly"].with_name("first").with_join_key_map({"driver_id": "first_driver"})]
    applied.apply(FeatureService(name="both", features=views))
    rows = pd.DataFrame(
        {"driver_id": [1001], "first_driver": [1002], "label": [1], "event_timestamp": [NOW]}
    )
    job = applied.get_historical_features(rows, applied.get_feature_service("both"), full_feature_names=True)
    dataset = applied.create_saved_dataset(job, "set", storage)
    assert dataset.join_keys == ["driver_id", "first_driver"]
    kept = applied.get_saved_dataset("set").to_df()
    assert (kept["driver_id"][0], kept["first_driver"][0]) == (1001, 1002)
    assert {"hourly__trips", "first__trips"} <= set(kept.columns)


def test_nothing_is_overwritten_by_accident(applied, entities, storage):
    job = applied.get_historical_features(entities, ["hourly:trips"])
    applied.create_saved_dataset(job, "set", storage)
    with pytest.raises(SavedDatasetLocationAlreadyExists, match=r"saved\.parquet already exists"):
        applied.create_saved_dataset(job, "again", storage)
    assert [item.name for item in applied.list_saved_datasets()] == ["set"]
    applied.create_saved_dataset(job, "again", storage, allow_overwrite=True)
    assert len(applied.list_saved_datasets()) == 2


def test_retrieval_and_saving_in_one(applied, entities, storage):
    applied.create_dataset_from_retrieval("set", entities, ["hourly:trips"], storage)
    assert list(applied.retrieve_dataset_data("set", limit=1).columns) == ["driver_id", "trips", "event_timestamp"]
    assert len(applied.retrieve_dataset_data("set", limit=1)) == 1
    (applied.repo_path / "data" / "saved.parquet").unlink()
    with pytest.raises(ValueError, match="Unable to load preview for dataset 'set'"):
        applied.retrieve_dataset_data("set")


def test_datasets_that_are_not_there(applied, storage):
    with pytest.raises(SavedDatasetNotFound, match="none"):
        applied.get_saved_dataset("none")
    loose = SavedDataset(name="loose", features=[], join_keys=[], storage=storage)
    with pytest.raises(RuntimeError, match="get_saved_dataset"):
        loose.to_df()


def test_a_reference_without_a_profiler_says_so(applied, entities, storage):
    job = applied.get_historical_features(entities, ["hourly:trips"])
    dataset = applied.create_saved_dataset(job, "set", storage)
    applied.apply(ValidationReference(name="reference", dataset_name="set"))
    reference = applied.get_validation_reference("reference")
    assert reference._dataset.to_arrow().num_rows == 2
    with pytest.raises(RuntimeError, match="profiler of validation reference r is not set"):
        job.to_df(validation_reference=ValidationReference.from_saved_dataset("r", dataset, None))
