"""Delay statistics of airports and routes, and the service of a model that predicts late flights."""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Float32, Int64, String

origin = Entity(
    name="origin",
    join_keys=["origin"],
    value_type=ValueType.STRING,
    description="Airport of departure, IATA code",
)
route = Entity(
    name="route",
    join_keys=["route"],
    value_type=ValueType.STRING,
    description="Origin and destination: ATL-ORD",
)

origin_hourly_source = FileSource(
    name="origin_hourly_source",
    path="data/origin_hourly.parquet",
    timestamp_field="event_timestamp",
    created_timestamp_column="created",
)
route_daily_source = FileSource(
    name="route_daily_source",
    path="data/route_daily.parquet",
    timestamp_field="event_timestamp",
    created_timestamp_column="created",
)
origin_hourly_push = PushSource(name="origin_hourly_push", batch_source=origin_hourly_source)

origin_hourly = FeatureView(
    name="origin_hourly",
    entities=[origin],
    ttl=timedelta(days=7),
    schema=[
        Field(name="origin", dtype=String),
        Field(name="origin_flights", dtype=Int64, description="Departures in the hour"),
        Field(name="origin_mean_delay", dtype=Float32, description="Minutes"),
        Field(name="origin_worst_delay", dtype=Int64, description="Minutes"),
        Field(name="origin_late_share", dtype=Float32, description="Share of flights over 15 minutes late"),
    ],
    source=origin_hourly_push,
    tags={"window": "1h"},
)
route_daily = FeatureView(
    name="route_daily",
    entities=[route],
    ttl=timedelta(days=30),
    schema=[
        Field(name="route", dtype=String),
        Field(name="route_flights", dtype=Int64, description="Flights in the day"),
        Field(name="route_mean_delay", dtype=Float32, description="Minutes"),
        Field(name="route_late_share", dtype=Float32, description="Share of flights over 15 minutes late"),
        Field(name="route_distance", dtype=Int64, description="Miles"),
    ],
    source=route_daily_source,
    tags={"window": "1d"},
)

late_flight_model = FeatureService(
    name="late_flight_model",
    features=[
        origin_hourly,
        route_daily[["route_mean_delay", "route_late_share", "route_distance"]],
    ],
    description="What the model that predicts late flights reads",
)
