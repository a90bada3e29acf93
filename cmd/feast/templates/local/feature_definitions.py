"""What the features of PROJECT_NAME are; `feast apply` registers them."""

from datetime import timedelta

import pandas as pd

from feast import (
    Entity, FeatureService, FeatureView, Field, FileSource, Project, PushSource, RequestSource, ValueType,
)
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float32, Float64, Int64

project = Project(name="PROJECT_NAME", description="Statistics of drivers")

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)

driver_stats_source = FileSource(
    name="driver_hourly_stats_source",
    path="data/driver_stats.parquet",
    timestamp_field="event_timestamp",
    created_timestamp_column="created",
)

SCHEMA = [
    Field(name="conv_rate", dtype=Float32),
    Field(name="acc_rate", dtype=Float32),
    Field(name="avg_daily_trips", dtype=Int64, description="Trips a day, on average"),
]

# Filled by `feast materialize`.
driver_hourly_stats = FeatureView(
    name="driver_hourly_stats",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=SCHEMA,
    source=driver_stats_source,
    tags={"team": "driver_performance"},
)

# The same features, also kept fresh by rows that are pushed.
driver_stats_push_source = PushSource(name="driver_stats_push_source", batch_source=driver_stats_source)

driver_hourly_stats_fresh = FeatureView(
    name="driver_hourly_stats_fresh",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=SCHEMA,
    source=driver_stats_push_source,
    tags={"team": "driver_performance"},
)

# Known only when features are asked for.
input_request = RequestSource(
    name="vals_to_add",
    schema=[Field(name="val_to_add", dtype=Int64), Field(name="val_to_add_2", dtype=Int64)],
)


@on_demand_feature_view(
    sources=[driver_hourly_stats, input_request],
    schema=[
        Field(name="conv_rate_plus_val1", dtype=Float64),
        Field(name="conv_rate_plus_val2", dtype=Float64),
    ],
)
def transformed_conv_rate(inputs: pd.DataFrame) -> pd.DataFrame:
    outputs = pd.DataFrame()
    outputs["conv_rate_plus_val1"] = inputs["conv_rate"] + inputs["val_to_add"]
    outputs["conv_rate_plus_val2"] = inputs["conv_rate"] + inputs["val_to_add_2"]
    return outputs


driver_activity_v1 = FeatureService(
    name="driver_activity_v1", features=[driver_hourly_stats[["conv_rate"]], transformed_conv_rate]
)
driver_activity_v2 = FeatureService(name="driver_activity_v2", features=[driver_hourly_stats, transformed_conv_rate])
driver_activity_v3 = FeatureService(name="driver_activity_v3", features=[driver_hourly_stats_fresh])
