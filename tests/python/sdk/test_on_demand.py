"""On-demand views through the SDK: run in workers, checked at apply, stored at writing."""

import pandas as pd
import pytest
from conftest import NOW, YAML

from feast import FeatureStore, RepoConfig
from feast.aggregation import Aggregation
from feast.errors import SpecifiedFeaturesNotPresentError
from feast.field import Field
from feast.on_demand_feature_view import OnDemandFeatureView, on_demand_feature_view
from feast.repo_operations import parse_repo
from feast.types import Float64, Int64, String

VIEWS = """
from datetime import timedelta
import numpy as np
import pandas as pd
from feast import Entity, FeatureView, Field, FileSource, RequestSource, ValueType
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float32, Float64, Int64, String

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
stats = FileSource(name="stats", path="data/stats.parquet", timestamp_field="event_timestamp",
                   created_timestamp_column="created")
hourly = FeatureView(name="hourly", entities=[driver], ttl=timedelta(days=3650), source=stats,
                     schema=[Field(name="rate", dtype=Float32), Field(name="trips", dtype=Int64)])
asked = RequestSource(name="asked", schema=[Field(name="bonus", dtype=Int64)])
FACTOR = 10


def scaled(values):
    return values * FACTOR


@on_demand_feature_view(sources=[hourly, asked], schema=[Field(name="scaled_trips", dtype=Int64)])
def in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"scaled_trips": scaled(frame["trips"]) + frame["bonus"]})


@on_demand_feature_view(sources=[hourly], schema=[Field(name="twice", dtype=Int64)], mode="python")
def in_lists(columns):
    return {"twice": [2 * value for value in columns["trips"]]}


@on_demand_feature_view(sources=[hourly], schema=[Field(name="label", dtype=String)], mode="python", singleton=True)
def in_rows(row):
    return {"label": f"{row['hourly__trips']}!"}


@on_demand_feature_view(entities=[driver], sources=[hourly], write_to_online_store=True,
                        schema=[Field(name="trips_scaled", dtype=Int64), Field(name="trips", dtype=Int64)])
def stored(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"trips_scaled": scaled(frame["trips"])})


@on_demand_feature_view(entities=[driver], sources=[asked], write_to_online_store=True, mode="python", singleton=True,
                        schema=[Field(name="bonus_text", dtype=String)])
def stored_bonus(row):
    return {"driver_id": [row["driver_id"], row["driver_id"] + 1], "bonus_text": [str(row["bonus"])] * 2}
"""


@pytest.fixture
def views(repo):
    (repo / "definitions.py").write_text(VIEWS)
    return repo


@pytest.fixture
def computed(views):
    store = FeatureStore(repo_path=str(views))
    store.apply(parse_repo(views).objects())
    return store


def online(store, features, rows):
    return store.get_online_features(features, rows).to_dict()


def entity_rows(**columns):
    return pd.DataFrame({"driver_id": [1002, 1001], "event_timestamp": [NOW, NOW], **columns})


ALL = ["in_pandas:scaled_trips", "in_lists:twice", "in_rows:label"]


def test_training_and_serving_agree_in_all_modes(computed):
    computed.materialize(NOW, NOW, ["hourly"])
    trained = computed.get_historical_features(entity_rows(bonus=[1, 2]), ALL).to_df()
    served = online(computed, ALL, [{"driver_id": 1002, "bonus": 1}, {"driver_id": 1001, "bonus": 2}])
    expected = {"scaled_trips": [100221, 100122], "twice": [20044, 20024], "label": ["10022!", "10012!"]}
    assert {name: list(trained[name]) for name in expected} == expected
    assert {name: served[name] for name in expected} == expected


def test_a_stored_view_is_computed_in_history(computed):
    frame = computed.get_historical_features(entity_rows(), ["stored:trips_scaled"], full_feature_names=True).to_df()
    assert list(frame["stored__trips_scaled"]) == [100220, 100120]


def test_the_job_names_its_views(computed):
    job = computed.get_historical_features(entity_rows(), ["in_lists:twice"])
    assert [view.name for view in job.on_demand_feature_views] == ["in_lists"]
    assert job.to_arrow() is job.to_arrow()


def test_materialized_and_read_like_a_table(computed):
    computed.materialize(NOW, NOW, ["stored"])
    answer = online(computed, ["stored:trips_scaled", "stored:trips"], [{"driver_id": 1002}, {"driver_id": 5}])
    assert answer["trips_scaled"] == [100220, None]
    assert answer["trips"] == [10022, None]


def test_materialization_of_everything_includes_stored_views(computed):
    computed.materialize_incremental(NOW)
    assert online(computed, ["stored:trips_scaled"], [{"driver_id": 1001}])["trips_scaled"] == [100120]


def test_rows_are_transformed_when_they_are_written(computed):
    rows = {"driver_id": [1001, 7], "trips": [1, 2]}
    computed.write_to_online_store("stored", inputs=rows)
    answer = online(computed, ["stored:trips_scaled", "stored:trips"], [{"driver_id": 1001}, {"driver_id": 7}])
    assert answer["trips_scaled"] == [10, 20]
    assert answer["trips"] == [1, 2]


def test_transformed_rows_are_written_as_they_are(computed):
    rows = pd.DataFrame({"driver_id": [1001], "trips": [1], "trips_scaled": [3]})
    computed.write_to_online_store("stored", rows, transform_on_write=False)
    assert online(computed, ["stored:trips_scaled"], [{"driver_id": 1001}])["trips_scaled"] == [3]
    with pytest.raises(KeyError, match="trips_scaled"):
        computed.write_to_online_store("stored", rows[["driver_id", "trips"]], transform_on_write=False)


def test_one_row_may_become_several(computed):
    computed.write_to_online_store("stored_bonus", inputs={"driver_id": 1, "bonus": 5})
    answer = online(computed, ["stored_bonus:bonus_text"], [{"driver_id": 1}, {"driver_id": 2}, {"driver_id": 3}])
    assert answer["bonus_text"] == ["5", "5", None]


def test_what_cannot_be_stored_says_so(computed):
    with pytest.raises(ValueError, match="in_lists .*write_to_online_store=True"):
        computed.write_to_online_store("in_lists", inputs={"driver_id": [1], "trips": [1]})
    with pytest.raises(ValueError, match="in_lists is not configured for write_to_online_store"):
        computed.materialize(NOW, NOW, ["in_lists"])
    with pytest.raises(ValueError, match="stored_bonus needs values of a request"):
        computed.materialize(NOW, NOW, ["stored_bonus"])


# ---------------------------------------------------------------- checked at apply


def view_of(function, text="", **options):
    options.setdefault("schema", [Field(name="out", dtype=Float64)])
    options.setdefault("mode", "python")
    return OnDemandFeatureView(
        name="checked", udf=function, udf_string=text, input_schema=[Field(name="x", dtype=Int64)], **options
    )


def helper(values):
    return values


def test_declared_features_must_come_out_with_their_type(store):
    with pytest.raises(SpecifiedFeaturesNotPresentError, match="out"):
        view_of(lambda columns: {"other": columns["x"]}).infer_features()
    with pytest.raises(SpecifiedFeaturesNotPresentError, match="out"):
        view_of(lambda columns: {"out": ["text"]}).infer_features()
    view_of(lambda columns: {"out": columns["x"]}).infer_features()  # a float holds an integer


def test_features_are_inferred():
    view = view_of(lambda columns: {"a": [1.5], "b": ["text"], "c": [[1]]}, schema=[])
    view.infer_features()
    assert [(field.name, str(field.dtype)) for field in view.features] == [
        ("a", "Float64"),
        ("b", "String"),
        ("c", "Array(Int64)"),
    ]


def test_apply_names_the_global_that_a_worker_would_miss(store):
    text = "def function(columns):\n    return {'out': helper(columns['x'])}\n"

    def function(columns):
        return {"out": helper(columns["x"])}

    with pytest.raises(ValueError, match="'checked' cannot run outside this process: .* uses 'helper'"):
        store.apply(view_of(function, text))
    assert not store.list_on_demand_feature_views()


def test_pickled_code_runs_only_where_it_is_allowed(repo):
    def negated(values):
        return [-value for value in values]

    @on_demand_feature_view(
        input_schema=[Field(name="x", dtype=Int64)], schema=[Field(name="out", dtype=Int64)], mode="python"
    )
    def pickled(columns):
        return {"out": negated(columns["x"])}

    (repo / "feature_store.yaml").write_text(YAML + "native:\n  on_demand:\n    allow_pickled: true\n")
    store = FeatureStore(repo_path=str(repo))
    store.apply(pickled)
    assert online(store, ["pickled:out"], {"x": [4]})["out"] == [-4]
    (repo / "feature_store.yaml").write_text(YAML)
    with pytest.raises(Exception, match="name 'negated' is not defined"):
        online(FeatureStore(repo_path=str(repo)), ["pickled:out"], {"x": [4]})


def test_a_configuration_object_runs_no_file_of_its_folder(tmp_path):
    (tmp_path / "script.py").write_text("raise SystemExit('this script is no definition file')\n")
    config = RepoConfig(project="p", registry=str(tmp_path / "registry.db"), repo_path=tmp_path,
                        online_store={"type": "sqlite", "path": str(tmp_path / "online.db")})
    store = FeatureStore(config=config)

    @on_demand_feature_view(
        input_schema=[Field(name="x", dtype=Int64)], schema=[Field(name="out", dtype=String)], mode="python"
    )
    def alone(columns):
        return {"out": [str(value) for value in columns["x"]]}

    store.apply(alone)
    assert online(store, ["alone:out"], {"x": [4]})["out"] == ["4"]


def test_aggregations_are_not_supported_yet(computed):
    view = OnDemandFeatureView(
        name="summed",
        sources=[computed.get_feature_view("hourly")],
        schema=[Field(name="sum_trips", dtype=Int64)],
        aggregations=[Aggregation(column="trips", function="sum")],
    )
    computed.apply(view)
    with pytest.raises(NotImplementedError, match="summed has aggregations; running them is not supported yet"):
        computed.get_historical_features(entity_rows(), ["summed:sum_trips"]).to_df()
    with pytest.raises(NotImplementedError, match="not supported yet"):
        online(computed, ["summed:sum_trips"], [{"driver_id": 1001}])
