"""Logs of served features, written and checked from Python."""

import inspect
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import NOW
from feast import FeatureService, Field, OnDemandFeatureView, RequestSource
from feast.dqm.errors import ValidationFailed
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.saved_dataset import ValidationReference
from feast.types import Float64, UnixTimestamp


@pytest.fixture
def service(applied, objects):
    config = LoggingConfig(FileLoggingDestination(path="data/logs"), sample_rate=0.5)
    service = FeatureService(name="logged", features=[objects["hourly"]], logging_config=config)
    applied.apply(service)
    return applied.get_feature_service("logged")


def logs(count=3, **changes):
    columns = {
        "driver_id": list(range(count)),
        "hourly__rate": [0.5] * count,
        "hourly__rate__timestamp": [NOW] * count,
        "hourly__rate__status": [1] * count,
        "hourly__trips": list(range(count)),
        "hourly__trips__timestamp": [NOW] * count,
        "hourly__trips__status": [1] * count,
        "__log_timestamp": [NOW + timedelta(seconds=row) for row in range(count)],
        "__log_date": [NOW.date()] * count,
        "__request_id": [str(row) for row in range(count)],
    }
    return pa.table({**columns, **changes})


def test_the_configuration_is_kept(service):
    assert service.logging_config.sample_rate == 0.5
    assert service.logging_config.destination.to_data_source().path == "data/logs"


def test_the_columns_are_upstreams(applied, service):
    schema = FeatureServiceLoggingSource(service, applied.project).get_schema(applied.registry)
    assert [f"{field.name} {field.type}" for field in schema] == [
        "driver_id int64",
        "hourly__rate float", "hourly__rate__timestamp timestamp[s, tz=UTC]", "hourly__rate__status int32",
        "hourly__trips int64", "hourly__trips__timestamp timestamp[s, tz=UTC]", "hourly__trips__status int32",
        "__log_timestamp timestamp[us, tz=UTC]", "__log_date date32[day]", "__request_id string",
    ]


def summed(frame):
    return frame[["by"]].rename(columns={"by": "sum"})


def test_request_data_is_part_of_the_log(applied, objects):
    asked = RequestSource(name="asked", schema=[Field(name="since", dtype=UnixTimestamp), Field(name="by", dtype=Float64)])
    computed = OnDemandFeatureView(
        name="computed", sources=[objects["hourly"], asked], schema=[Field(name="sum", dtype=Float64)],
        udf=summed, udf_string=inspect.getsource(summed), mode="pandas",
    )
    applied.apply([computed, FeatureService(name="of_computed", features=[computed])])
    source = FeatureServiceLoggingSource(applied.get_feature_service("of_computed"), applied.project)
    names = {field.name: str(field.type) for field in source.get_schema(applied.registry)}
    assert (names["by"], names["since"], names["computed__sum"]) == ("double", "timestamp[s]", "double")


def test_rows_are_appended(applied, service, repo):
    applied.write_logged_features(logs(), service)
    pq.write_table(logs(2), repo / "more.parquet")
    applied.write_logged_features(repo / "more.parquet", service)
    written = pq.read_table(repo / "data" / "logs")
    assert written.num_rows == 5 and len(list((repo / "data" / "logs").iterdir())) == 2
    assert sorted(written["hourly__trips"].to_pylist()) == [0, 0, 1, 1, 2]


def test_what_is_no_log_is_refused(applied, service):
    with pytest.raises(ValueError, match="hourly__trips__status"):
        applied.write_logged_features(logs().drop_columns("hourly__trips__status"), service)
    with pytest.raises(ValueError, match="logging config"):
        applied.write_logged_features(logs(), applied.get_feature_service("service"))
    with pytest.raises(ValueError, match="Only feature service"):
        applied.write_logged_features(logs(), "service")
    with pytest.raises(pa.ArrowInvalid, match="string"):
        applied.write_logged_features(logs(hourly__trips=["a", "b", "c"]), service)


class Report:
    def __init__(self, errors):
        self.is_success = not errors
        self.errors = errors


class Expected:
    """A profile: no more rows than the reference had."""

    def __init__(self, rows):
        self.rows = rows

    def validate(self, dataset):
        return Report([] if len(dataset) <= self.rows else [f"{len(dataset)} rows"])

    def to_proto(self):
        return None


class Profiler:
    made = 0

    def analyze_dataset(self, dataset):
        self.made += 1
        return Expected(len(dataset))

    def to_proto(self):
        return None


@pytest.fixture
def reference(applied):
    from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

    entities = pa.table({"driver_id": [1001, 1002], "event_timestamp": [NOW, NOW]})
    job = applied.get_historical_features(entities, ["hourly:trips"])
    saved = applied.create_saved_dataset(
        job, "reference", SavedDatasetFileStorage("data/reference.parquet"), tags={"team": "a"},
        feature_service=applied.get_feature_service("service"),
    )
    assert (saved.tags, saved.feature_service_name) == ({"team": "a"}, "service")
    assert applied.get_saved_dataset("reference").get_profile(Profiler()).rows == 2
    return applied.get_saved_dataset("reference").as_reference("checked", Profiler())


def test_jobs_are_checked_against_a_profile(applied, reference):
    def job(count):
        rows = pa.table({"driver_id": [1001] * count, "event_timestamp": [NOW] * count})
        return applied.get_historical_features(rows, ["hourly:trips"])

    assert len(job(2).to_df(validation_reference=reference)) == 2
    with pytest.raises(ValidationFailed, match="3 rows") as failure:
        job(3).to_arrow(validation_reference=reference)
    assert failure.value.report.errors == ["3 rows"]
    assert job(2).to_polars(validation_reference=reference).height == 2
    assert reference.profiler.made == 1, "the profile is kept"


def test_logs_are_checked_against_a_profile(applied, service, reference, capsys):
    applied.write_logged_features(logs(), service)
    early = (NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    late = (NOW, datetime.now(timezone.utc))
    assert applied.validate_logged_features(service, *early, reference) is None
    assert capsys.readouterr().out == "2 rows were validated.\n"
    assert [one.name for one in applied.list_validation_references()] == ["checked"]
    with pytest.raises(ValidationFailed, match="3 rows"):
        applied.validate_logged_features(service, *late, reference)
    failure = applied.validate_logged_features(service, *late, reference, throw_exception=False)
    assert isinstance(failure, ValidationFailed)
    stored = applied.get_validation_reference("checked")
    with pytest.raises(RuntimeError, match="pickled code, which is not run"):
        applied.validate_logged_features(service, *early, stored)
    with pytest.raises(RuntimeError, match="from a saved dataset"):
        ValidationReference("other", "reference", Profiler()).profile
