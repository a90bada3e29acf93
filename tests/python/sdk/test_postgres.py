"""The offline store `postgres`: upstream's definitions, frames and SQL as entity rows, pushes, saved datasets."""

from datetime import timedelta

import pandas as pd
import postgres_server
import pyarrow as pa
import pyarrow.parquet
import pytest
from conftest import NOW

from feast import FeatureService, FeatureStore
from feast.errors import EntitySQLEmptyResults, SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
    SavedDatasetPostgreSQLStorage,
)
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination

FEATURES = ["hourly:rate", "hourly:trips", "hourly:tags"]
HOUR = timedelta(hours=1)

DEFINITIONS = """\
from datetime import timedelta
from feast import Entity, FeatureView, Field, PushSource, ValueType
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
stats = PostgreSQLSource(name="The stats", table="stats", timestamp_field="event_timestamp",
                         created_timestamp_column="created", field_mapping={"raw_rate": "rate"})
busy = PostgreSQLSource(name="busy", query="SELECT *, trips > 10015 AS busy FROM stats",
                        timestamp_field="event_timestamp", created_timestamp_column="created")
pushed = PushSource(name="pushed", batch_source=stats)
clock = PostgreSQLSource(name="clock", query="SELECT max(event_timestamp) AS event_timestamp, count(*) AS ticks FROM stats",
                         timestamp_field="event_timestamp")
ticking = FeatureView(name="ticking", entities=[], ttl=timedelta(days=3650), source=clock)
hourly = FeatureView(name="hourly", entities=[driver], ttl=timedelta(days=3650), source=pushed)
business = FeatureView(name="business", entities=[driver], ttl=timedelta(minutes=90), source=busy)
"""


@pytest.fixture(scope="module")
def server():
    with postgres_server.running("timezone=America/New_York") as server:
        yield server


@pytest.fixture
def schema(server, request):
    name = request.node.name[:60]
    server.query(
        f'CREATE SCHEMA "{name}"; SET search_path = "{name}"; '
        "CREATE TABLE stats (driver_id bigint, event_timestamp timestamptz, created timestamptz, "
        "  raw_rate real, trips integer, tags text[]); "
        "INSERT INTO stats SELECT d, '2026-01-02 00:00+00'::timestamptz - (2 - h) * interval '1 hour', "
        "  '2026-01-02 00:00+00', h / 4.0, d * 10 + h, ARRAY['a', NULL, h::text] "
        "FROM generate_series(1001, 1002) d, generate_series(0, 2) h"
    )
    return name


@pytest.fixture
def applied(tmp_path, server, schema):
    (tmp_path / "data").mkdir()
    (tmp_path / "feature_store.yaml").write_text(
        "project: drivers\nprovider: local\nregistry: data/registry.db\n"
        "online_store:\n  type: sqlite\n  path: data/online.db\n"
        f"offline_store:\n{server.settings(schema)}  entity_select_mode: temp_table\n"
        "entity_key_serialization_version: 3\n"
    )
    namespace = {}
    exec(DEFINITIONS, namespace)
    store = FeatureStore(repo_path=str(tmp_path))
    store.apply([namespace[name] for name in ("driver", "stats", "busy", "clock", "pushed", "hourly", "business", "ticking")])
    return store


def frame():
    return pd.DataFrame(
        {"driver_id": [1002, 1001, 7, 1001], "event_timestamp": [NOW - HOUR, NOW, NOW, NOW], "label": list("abcd")}
    )


def test_schemas_are_inferred(applied):
    view = applied.get_feature_view("hourly")
    assert {field.name: str(field.dtype) for field in view.features} == {
        "rate": "Float32", "trips": "Int32", "tags": "Array(String)",
    }


def test_frames_keep_rows_order_and_columns(applied):
    job = applied.get_historical_features(frame(), [*FEATURES, "business:busy"])
    table = job.to_arrow()
    assert table.column_names == ["driver_id", "event_timestamp", "label", "rate", "trips", "tags", "busy"]
    assert table["label"].to_pylist() == list("abcd")
    assert table["trips"].to_pylist() == [10021, 10012, None, 10012]
    assert table["rate"].to_pylist() == [0.25, 0.5, None, 0.5]
    assert table["tags"].to_pylist() == [["a", None, "1"], ["a", None, "2"], None, ["a", None, "2"]]
    assert table["busy"].to_pylist() == [True, False, None, False]
    types = {field.name: str(field.type) for field in table.schema}
    assert types["event_timestamp"] == "timestamp[us, tz=UTC]"
    assert (types["trips"], types["rate"]) == ("int32", "float")
    full = applied.get_historical_features(frame(), ["hourly:trips"], full_feature_names=True).to_df()
    assert full["hourly__trips"].tolist()[:2] == [10021, 10012]


def test_explain_says_who_joins(applied):
    text = str(applied.get_historical_features(frame(), ["hourly:trips", "ticking:ticks"]).explain())
    assert text.count("in PostgreSQL, ") == 2
    assert "rows of a query or view" in text
    table = applied.get_historical_features(frame(), ["hourly:trips", "ticking:ticks"]).to_arrow()
    assert table["ticks"].to_pylist() == [None, 6, 6, 6]


def test_sql_as_entity_rows(applied):
    job = applied.get_historical_features(
        "SELECT driver_id, event_timestamp + interval '5 minutes' AS event_timestamp, 'x' AS label "
        'FROM "The stats" WHERE event_timestamp < (SELECT max(event_timestamp) FROM stats) ORDER BY 1, 2',
        ["hourly:trips"],
    )
    assert job.to_arrow()["trips"].to_pylist() == [10010, 10011, 10020, 10021]
    assert job.metadata.max_event_timestamp == NOW - timedelta(minutes=55)
    with pytest.raises(EntitySQLEmptyResults):
        applied.get_historical_features("SELECT driver_id, event_timestamp FROM stats WHERE false", FEATURES)
    with pytest.raises(Exception, match=r"entity_df \(SQL\).*nope"):
        applied.get_historical_features("SELECT nope FROM stats", FEATURES)


def rows_of(server, schema, sql):
    """The rows of a statement, as texts, in a session of some other time zone."""
    return server.query(f'SET search_path = "{schema}"; SET timezone = \'Asia/Tokyo\'; {sql}')


def test_the_sql_of_a_query_gives_the_rows_of_the_job(applied, server, schema):
    job = applied.get_historical_features(
        "SELECT driver_id::text AS other, driver_id, event_timestamp AT TIME ZONE 'UTC' AS event_timestamp, trips "
        'FROM "The stats" UNION ALL SELECT NULL, 7, \'2026-01-02\', 0 ORDER BY 2, 3 -- in order',
        ["hourly:trips", "hourly:rate", "business:busy", "ticking:ticks"],
    )
    table = job.to_arrow()
    assert table.column_names == ["other", "driver_id", "event_timestamp", "trips", "trips__", "rate", "busy", "ticks"]
    cells = table.select(["other", "driver_id", "trips__", "rate", "busy", "ticks"]).to_pylist()
    assert sum(row["busy"] is not None for row in cells) == 6, "there is something to be compared"
    asked = f"SELECT other, driver_id, trips__, rate, busy, ticks FROM ({job.to_sql()}) AS job"
    texts = {None: "", True: "t", False: "f"}
    expected = [[texts[cell] if cell is None or cell is True or cell is False else f"{cell:g}" if isinstance(cell, float) else str(cell)
                 for cell in row.values()] for row in cells]
    assert rows_of(server, schema, asked) == expected
    times = rows_of(server, schema, f"SELECT extract(epoch FROM event_timestamp)::bigint FROM ({job.to_sql()}) AS job")
    assert [int(row[0]) for row in times] == [int(time.timestamp()) for time in table["event_timestamp"].to_pylist()]


def test_the_sql_of_a_frame_names_the_table_of_its_rows(applied, server, schema):
    job = applied.get_historical_features(frame(), ["hourly:trips", "business:busy"])
    sql = job.to_sql()
    assert "CREATE TEMP TABLE IF NOT EXISTS feast_entities (n bigint, at timestamptz, k0 bigint, s0 timestamptz, s1 timestamptz);" in sql
    assert rows_of(server, schema, sql) == []
    filled = (
        "CREATE TEMP TABLE feast_entities AS SELECT n, at, k0, at - interval '3650 days' AS s0, at - interval '90 minutes' AS s1 "
        "FROM (VALUES (0, 1002, '2026-01-01 23:00+00'::timestamptz), (1, 1001, '2026-01-02 00:00+00')) AS rows(n, k0, at); "
    )
    assert rows_of(server, schema, filled + sql) == [["0", "10021", "t"], ["1", "10012", "f"]]


@pytest.mark.parametrize("features", [["hourly:trips", "hourly:rate"], ["hourly:trips", "business:busy"]])
def test_the_sql_of_a_range_gives_the_rows_of_the_job(applied, server, schema, features):
    job = applied.get_historical_features(features=features, start_date=NOW - HOUR, end_date=NOW)
    names = ["driver_id", "trips"]
    asked = f"SELECT driver_id, trips FROM ({job.to_sql()}) AS job"
    rows = sorted([str(row[name]) for name in names] for row in job.to_arrow().to_pylist())
    assert sorted(rows_of(server, schema, asked)) == rows and len(rows) == 4


def test_rows_for_others_to_fetch(applied, tmp_path):
    with pytest.raises(NotImplementedError, match="staging_location"):
        applied.get_historical_features(frame(), ["hourly:trips"]).to_remote_storage()
    settings = tmp_path / "feature_store.yaml"
    settings.write_text(settings.read_text().replace("offline_store:\n", "offline_store:\n  staging_location: staged\n"))
    job = FeatureStore(repo_path=str(tmp_path)).get_historical_features(frame(), ["hourly:trips"])
    [file] = job.to_remote_storage()
    assert file.startswith(str(tmp_path / "staged"))
    assert pa.parquet.read_table(file).equals(job.to_arrow())


def test_a_range_is_all_rows(applied):
    job = applied.get_historical_features(features=["hourly:trips"], start_date=NOW - HOUR, end_date=NOW)
    table = job.to_arrow()
    assert table.column_names == ["event_timestamp", "created_timestamp", "driver_id", "trips"]
    assert sorted(table["trips"].to_pylist()) == [10011, 10012, 10021, 10022]
    both = applied.get_historical_features(
        features=["hourly:trips", "business:busy"], start_date=NOW - HOUR, end_date=NOW
    ).to_arrow()
    assert both["trips"].to_pylist() == [10011, 10021, 10012, 10022]
    assert both["busy"].to_pylist() == [False, True, False, True]


def test_materialization(applied):
    applied.materialize(NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    online = applied.get_online_features([*FEATURES, "business:busy"], [{"driver_id": 1001}, {"driver_id": 7}]).to_dict()
    assert online["trips"] == [10012, None]
    assert online["tags"] == [["a", "", "2"], None]
    assert online["busy"] == [False, None]
    assert applied.get_online_features(["ticking:ticks"], [{"driver_id": 1}]).to_dict()["ticks"] == [6]
    applied.materialize_incremental(NOW + timedelta(minutes=1))


def test_pushes_append_rows(applied, server, schema):
    rows = pd.DataFrame(
        {"driver_id": [7], "event_timestamp": [NOW], "created": [NOW], "raw_rate": [0.5], "trips": [70], "tags": [["z"]]}
    )
    applied.push("pushed", rows, to=_offline())
    assert server.query(f'SELECT driver_id, trips, tags FROM "{schema}".stats WHERE driver_id = 7') == [["7", "70", "{z}"]]
    assert applied.get_historical_features(frame(), ["hourly:trips"]).to_arrow()["trips"].to_pylist()[2] == 70
    with pytest.raises(ValueError, match=r"missing_expected_columns: \['trips'\]"):
        applied.write_to_offline_store("hourly", rows.drop(columns="trips"))
    with pytest.raises(ValueError, match="column 'trips'.*string.*int32"):
        applied.write_to_offline_store("hourly", rows.assign(trips="many"))
    assert server.query(f'SELECT count(*) FROM "{schema}".stats') == [["7"]]


def test_saved_datasets(applied, server, schema):
    job = applied.get_historical_features(frame(), ["hourly:trips", "hourly:tags"])
    storage = SavedDatasetPostgreSQLStorage(table_ref="kept")
    saved = applied.create_saved_dataset(job, "kept", storage)
    assert sorted(saved.to_df()["trips"].dropna()) == [10012, 10012, 10021]
    assert server.query(f'SELECT count(*), count(tags) FROM "{schema}".kept') == [["4", "3"]]
    again = applied.get_saved_dataset("kept")
    assert again.storage.to_data_source() == PostgreSQLSource(table="kept")
    assert sorted(again.to_df()["trips"].dropna()) == [10012, 10012, 10021]
    other = applied.get_historical_features(frame().head(1), ["hourly:trips", "hourly:tags"])
    with pytest.raises(SavedDatasetLocationAlreadyExists, match="kept"):
        applied.create_saved_dataset(other, "kept", storage)
    applied.create_saved_dataset(other, "kept", storage, allow_overwrite=True)
    assert server.query(f'SELECT trips FROM "{schema}".kept') == [["10021"]]


def test_logs_are_files_and_are_checked(applied, tmp_path):
    config = LoggingConfig(FileLoggingDestination(path="logs", partition_by=["__log_date"]))
    applied.apply(FeatureService(name="logged", features=[applied.get_feature_view("hourly")[["trips"]]], logging_config=config))
    service = applied.get_feature_service("logged")
    schema = FeatureServiceLoggingSource(service, applied.project).get_schema(applied.registry)
    row = {"driver_id": 1001, "hourly__trips": 10012, "hourly__trips__timestamp": NOW, "hourly__trips__status": 1,
           "__log_timestamp": NOW, "__log_date": NOW.date(), "__request_id": "a"}
    applied.write_logged_features(pa.Table.from_pylist([row], schema), service)
    [written] = (tmp_path / "logs" / str(NOW.date())).iterdir()
    assert pa.parquet.read_table(written)["hourly__trips"].to_pylist() == [10012]
    read = applied._logged_rows(service, NOW, NOW).to_arrow()
    assert read["hourly__trips"].to_pylist() == [10012] and "__log_date" not in read.column_names


def test_passwords_are_in_no_message(applied, tmp_path):
    settings = tmp_path / "feature_store.yaml"
    settings.write_text(settings.read_text().replace("password: x", "password: t0psecret").replace("user: feast", "user: nobody"))
    store = FeatureStore(repo_path=str(tmp_path))
    with pytest.raises(Exception, match="127.0.0.1.*nobody") as refused:
        store.get_historical_features(frame(), FEATURES).to_arrow()
    assert "t0psecret" not in str(refused.value)


def _offline():
    from feast.data_source import PushMode

    return PushMode.OFFLINE
