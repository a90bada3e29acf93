"""The offline store `duckdb`: SQL as entity rows, sources that are no Parquet, materialization from them."""

from datetime import timedelta

import pandas as pd
import pytest
from conftest import NOW
from feast import FeatureStore
from feast.errors import EntitySQLEmptyResults
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

FEATURES = ["hourly:trips"]


@pytest.fixture
def repo(repo, stats):
    settings = repo / "feature_store.yaml"
    text = settings.read_text().replace("type: dask", "type: duckdb")
    settings.write_text(text + "native:\n  duckdb:\n    threads: 1\n")
    definitions = repo / "definitions.py"
    definitions.write_text(definitions.read_text().replace("stats.parquet", "stats.csv"))
    stats.to_csv(repo / "data" / "stats.csv", index=False)
    return repo


@pytest.fixture
def applied(repo):
    namespace = {}
    exec((repo / "definitions.py").read_text(), namespace)
    store = FeatureStore(repo_path=str(repo))
    store.apply([namespace[name] for name in ("driver", "stats", "pushed", "hourly", "service")])
    return store


def test_sql_as_entity_rows(applied):
    job = applied.get_historical_features(
        "SELECT driver_id, event_timestamp + INTERVAL 5 MINUTE AS event_timestamp, 'x' AS label FROM stats "
        "WHERE event_timestamp < (SELECT max(event_timestamp) FROM stats) ORDER BY ALL",
        FEATURES,
    )
    table = job.to_arrow()
    assert table.column_names == ["driver_id", "event_timestamp", "label", "trips"]
    assert table["trips"].to_pylist() == [10010, 10011, 10020, 10021]
    assert str(table.schema.field("event_timestamp").type) == "timestamp[us, tz=UTC]"
    assert job.metadata.max_event_timestamp == NOW - timedelta(minutes=55)


def test_sql_that_gives_nothing_or_is_wrong(applied):
    with pytest.raises(EntitySQLEmptyResults):
        applied.get_historical_features("SELECT driver_id, event_timestamp FROM stats WHERE driver_id = 7", FEATURES)
    with pytest.raises(ValueError, match="entity_df.*nope"):
        applied.get_historical_features("SELECT nope FROM stats", FEATURES)
    with pytest.raises(ValueError, match="one SELECT"):
        applied.get_historical_features("CREATE TABLE t AS SELECT 1", FEATURES)
    with pytest.raises(ValueError, match="event_timestamp"):
        applied.get_historical_features("SELECT 1 AS driver_id", FEATURES)


def test_frames_and_saved_datasets(applied, repo):
    frame = pd.DataFrame({"driver_id": [1002, 1001, 7], "event_timestamp": [NOW - timedelta(minutes=90), NOW, NOW]})
    job = applied.get_historical_features(frame, FEATURES)
    assert job.to_df()["trips"].tolist()[:2] == [10020, 10012]
    saved = applied.create_saved_dataset(job, "kept", SavedDatasetFileStorage("data/kept.parquet"))
    assert sorted(saved.to_df()["trips"].dropna()) == [10012, 10020]


def test_materialization_from_csv(applied):
    applied.materialize(NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    online = applied.get_online_features(FEATURES, [{"driver_id": 1001}, {"driver_id": 1002}]).to_dict()
    assert online["trips"] == [10012, 10022]


def test_rows_are_not_added_to_csv(applied, stats):
    with pytest.raises(NotImplementedError, match="'stats'.*Parquet"):
        applied.write_to_offline_store("hourly", stats)


def test_wrong_settings_are_named(repo):
    settings = repo / "feature_store.yaml"
    settings.write_text(settings.read_text().replace("threads: 1", "threds: 1"))
    store = FeatureStore(repo_path=str(repo))
    with pytest.raises(Exception, match=r"native\.duckdb\.threds: unknown option"):
        store.get_historical_features("SELECT 1", FEATURES)
