"""Constructors, errors, equality and round trips, without upstream at hand."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest
from conftest import PACKAGE
from feast import (
    BatchFeatureView,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    KafkaSource,
    LabelView,
    OnDemandFeatureView,
    Project,
    PushSource,
    RequestSource,
    StreamFeatureView,
    ValueType,
)
from feast.aggregation import Aggregation
from feast.argument_types import TypeCheckError
from feast.data_format import JsonFormat
from feast.data_source import DataSource
from feast.errors import EntityNotFoundException, FeastError
from feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source import IcebergSource
from feast.infra.data_sources.contrib.iceberg_catalog.unity_catalog_source import UnityCatalogSource
from feast.infra.data_sources.contrib.lance.lance_source import LanceSource, SavedDatasetLanceStorage
from feast.infra.data_sources.mlflow.mlflow_dataset_source import MlflowDatasetSource
from feast.infra.offline_stores.contrib.clickhouse_offline_store.clickhouse_source import ClickhouseSource
from feast.infra.offline_stores.contrib.couchbase_offline_store.couchbase_source import (
    CouchbaseColumnarSource,
)
from feast.infra.offline_stores.contrib.mongodb_offline_store.mongodb import MongoDBSource
from feast.infra.offline_stores.contrib.ray_offline_store.ray_source import RaySource
from feast.infra.offline_stores.contrib.trino_offline_store.trino_source import TrinoSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.permissions.permission import Permission
from feast.repo_config import RepoConfig
from feast.saved_dataset import SavedDatasetStorage
from feast.table_format import LanceFormat
from feast.types import Array, Float32, Int64, String, Struct

FILE = FileSource(name="rows", path="rows.parquet", timestamp_field="ts", created_timestamp_column="cr")
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
SCHEMA = [Field(name="driver_id", dtype=Int64), Field(name="a", dtype=Int64), Field(name="b", dtype=String)]


def view(name="view", **given):
    return FeatureView(name=name, **{"entities": [DRIVER], "schema": SCHEMA, "source": FILE, **given})


@on_demand_feature_view(sources=[view()], schema=[Field(name="c", dtype=Int64)], mode="python")
def doubled(inputs: dict) -> dict:
    return {"c": [2 * value for value in inputs["a"]]}


OBJECTS = [
    DRIVER,
    Project(name="p", tags={"a": "b"}),
    view(ttl=timedelta(days=1), tags={"a": "b"}, version="v2", enabled=False),
    view(source=PushSource(name="push", batch_source=FILE)),
    view(name="derived", source=[view("x"), view("y")], sink_source=FILE),
    doubled,
    FeatureService(name="s", features=[view()[["a"]], view().with_name("w"), doubled]),
    LabelView(name="l", source=PushSource(name="push", batch_source=FILE), entities=[DRIVER], schema=SCHEMA),
    Permission(name="p", types=[FeatureView], required_tags={"a": "b"}),
    Field(name="f", dtype=Array(Struct({"x": Array(Float32)})), vector_length=2),
    Aggregation(column="a", function="sum", time_window=timedelta(hours=1)),
]


@pytest.mark.parametrize("thing", OBJECTS, ids=lambda thing: type(thing).__name__)
def test_objects_survive_their_message(thing):
    message = thing.to_proto()
    again = type(thing).from_proto(message)
    assert again.to_proto() == message
    assert type(thing) is Project or again == thing


SOURCES = [
    KafkaSource(name="k", timestamp_field="ts", message_format=JsonFormat("{}"), topic="t", batch_source=FILE),
    RequestSource(name="r", schema=SCHEMA),
    TrinoSource(table="t"),
    ClickhouseSource(name="n", query="select 1"),
    CouchbaseColumnarSource(collection="c"),
    MongoDBSource(name="m"),
    RaySource(name="n", reader_type="csv", path="p", reader_options={"a": 1}),
    IcebergSource(warehouse="w", namespace="n", table="t"),
    UnityCatalogSource(warehouse="w", namespace="n", table="t"),
    LanceSource(uri="u", table_format=LanceFormat(version=2)),
    MlflowDatasetSource(name="n", dataset_name="d", batch_source=FILE),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_sources_survive_their_message(source):
    message = source.to_proto()
    again = DataSource.from_proto(message)
    assert type(again) is type(source) and again == source and again.to_proto() == message


def test_saved_dataset_storage_names_its_class():
    storage = SavedDatasetLanceStorage(LanceFormat(tag="t"), uri="u")
    again = SavedDatasetStorage.from_proto(storage.to_proto())
    assert type(again) is SavedDatasetLanceStorage and again.to_proto() == storage.to_proto()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: view(entities=["driver"]), TypeCheckError, 'argument "entities"'),
        (lambda: view(source=PushSource(name="p")), ValueError, "A batch_source needs to be specified"),
        (lambda: view(source=view("x")), ValueError, "must specify `sink_source`"),
        (lambda: Entity(name="e", join_keys=["a", "b"]), ValueError, "single join key"),
        (lambda: Field(name="f", dtype=ValueType.INT64), TypeCheckError, 'argument "dtype"'),
        (lambda: view()[["nope"]], ValueError, "Feature nope does not exist"),
        (lambda: OnDemandFeatureView(name="o"), ValueError, "'sources' or 'input_schema'"),
        (lambda: BatchFeatureView(name="b", source=PushSource(name="p")), ValueError, "need a batch source"),
        (lambda: StreamFeatureView(name="s", source=FILE), ValueError, "need a stream source"),
        (lambda: FeatureService(name="s", features=["v:a"]).to_proto(), ValueError, "unresolved feature refs"),
        (lambda: view("a@b").ensure_valid(), ValueError, "must not contain '@'"),
    ],
)
def test_wrong_definitions_are_refused(make, error, text):
    with pytest.raises(error, match=".*") as raised:
        make()
    assert text in str(raised.value)


def test_service_keeps_its_own_projections_and_pins_versions():
    pinned = view(version="v3")
    service = FeatureService(name="s", features=[pinned])
    pinned.projection.name_alias = "later"
    assert service.feature_view_projections[0].name_alias is None
    assert service.feature_view_projections[0].name_to_use() == "view@v3"


def test_references_resolve_after_views():
    class Registry:
        def get_feature_view_by_version(self, name, project, number):
            return view(name, schema=SCHEMA[:2])

    service = FeatureService(name="s", features=["view:b", "view@v1:a", view("other")])
    service.resolve_pending_refs("p", Registry(), {"view": view()})
    names = [(part.name_to_use(), [f.name for f in part.features]) for part in service.feature_view_projections]
    assert names == [("other", ["a", "b"]), ("view", ["b"]), ("view@v1", ["a"])]


def test_pickles_are_kept_and_never_loaded():
    message = doubled.to_proto()
    function = message.spec.feature_transformation.user_defined_function
    function.body = b"\x80\x04not a pickle"
    again = OnDemandFeatureView.from_proto(message)
    assert again.transform_dict({"a": [1, 2]})["c"] == [2, 4]
    assert again.to_proto().spec.feature_transformation.user_defined_function.body == function.body
    function.body_text = ""
    with pytest.raises(RuntimeError, match="pickled code is not loaded"):
        OnDemandFeatureView.from_proto(message).transform_dict({"a": [1]})


def test_on_demand_views_run_on_arrow():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"view__a": [1, 2], "view__b": ["x", "y"], "other": [0, 0]})
    assert doubled.transform_arrow(table).to_pydict() == {"c": [2, 4]}
    assert doubled.transform_arrow(table, full_feature_names=True).column_names == ["doubled__c"]


def test_errors_travel_as_json():
    error = EntityNotFoundException("e", "p")
    detail = '{"module": "feast.errors", "class": "EntityNotFoundException", "message": "Entity e does not exist in project p"}'
    assert error.to_error_detail() == detail
    again = FeastError.from_error_detail(detail)
    assert type(again) is EntityNotFoundException and str(again) == str(error) and again.http_status_code() == 404
    assert FeastError.from_error_detail('{"module": "os", "class": "system", "message": ""}') is None


def test_repo_config_reads_like_upstreams():
    config = RepoConfig(project="p", registry="r.db", online_store={"type": "redis"}, auth={"type": "oidc"})
    assert config.registry.path == "r.db" and config.online_store.type == "redis"
    assert config.offline_store.type == "dask" and config.provider == "local"


def test_definitions_need_neither_the_core_nor_pandas():
    code = (
        "import sys, feast; from feast import FeatureView, FeatureService, Entity, FileSource;"
        "from feast.permissions.permission import Permission; Permission(name='p').to_proto();"
        "assert not {'pandas', 'feast.feature_store', 'dill'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(PACKAGE), "PATH": ""})
