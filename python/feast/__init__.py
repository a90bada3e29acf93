"""A feature store: define features once, serve them online and join them as of a time for training.

Definitions are plain Python over protobuf messages. `FeatureStore`, which needs the native core, is loaded when it is
first used, so that definition files can be read without it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from feast.version import get_version

if TYPE_CHECKING:
    from feast.aggregation import Aggregation
    from feast.batch_feature_view import BatchFeatureView
    from feast.data_source import KafkaSource, KinesisSource, PushSource, RequestSource
    from feast.entity import Entity
    from feast.feature import Feature
    from feast.feature_service import FeatureService
    from feast.feature_store import FeatureStore
    from feast.feature_view import FeatureView, FeatureViewState
    from feast.field import Field
    from feast.infra.offline_stores.bigquery_source import BigQuerySource
    from feast.infra.offline_stores.contrib.athena_offline_store.athena_source import AthenaSource
    from feast.infra.offline_stores.contrib.oracle_offline_store.oracle_source import OracleSource
    from feast.infra.offline_stores.file_source import FileSource
    from feast.infra.offline_stores.redshift_source import RedshiftSource
    from feast.infra.offline_stores.snowflake_source import SnowflakeSource
    from feast.labeling import ConflictPolicy, LabelView
    from feast.on_demand_feature_view import OnDemandFeatureView
    from feast.project import Project
    from feast.repo_config import RepoConfig
    from feast.stream_feature_view import StreamFeatureView
    from feast.value_type import ValueType

__version__ = get_version()

_CONTRIB = "feast.infra.offline_stores.contrib"

# Exported name -> module. Loaded at first use: modules of this package import each other freely, in any order.
_MODULES = {
    "Aggregation": "feast.aggregation",
    "AthenaSource": f"{_CONTRIB}.athena_offline_store.athena_source",
    "BatchFeatureView": "feast.batch_feature_view",
    "BigQuerySource": "feast.infra.offline_stores.bigquery_source",
    "ChrononSource": f"{_CONTRIB}.chronon_offline_store.chronon_source",
    "ConflictPolicy": "feast.labeling.conflict_policy",
    "Entity": "feast.entity",
    "Feature": "feast.feature",
    "FeatureService": "feast.feature_service",
    "FeatureStore": "feast.feature_store",
    "FeatureView": "feast.feature_view",
    "FeatureViewState": "feast.feature_view",
    "Field": "feast.field",
    "FileSource": "feast.infra.offline_stores.file_source",
    "KafkaSource": "feast.data_source",
    "KinesisSource": "feast.data_source",
    "LabelView": "feast.labeling.label_view",
    "OnDemandFeatureView": "feast.on_demand_feature_view",
    "OracleSource": f"{_CONTRIB}.oracle_offline_store.oracle_source",
    "Project": "feast.project",
    "PushSource": "feast.data_source",
    "RedshiftSource": "feast.infra.offline_stores.redshift_source",
    "RepoConfig": "feast.repo_config",
    "RequestSource": "feast.data_source",
    "SnowflakeSource": "feast.infra.offline_stores.snowflake_source",
    "StreamFeatureView": "feast.stream_feature_view",
    "ValueType": "feast.value_type",
}

# Classes that type hints of definitions name.
DEFINITION_CLASSES = ("BatchFeatureView", "Entity", "FeatureView", "Field", "StreamFeatureView")

__all__ = [  # noqa: F822  the names are resolved by __getattr__
    "Aggregation",
    "AthenaSource",
    "BatchFeatureView",
    "BigQuerySource",
    "ChrononSource",
    "ConflictPolicy",
    "Entity",
    "Feature",
    "FeatureService",
    "FeatureStore",
    "FeatureView",
    "FeatureViewState",
    "Field",
    "FileSource",
    "KafkaSource",
    "KinesisSource",
    "LabelView",
    "OnDemandFeatureView",
    "OracleSource",
    "Project",
    "PushSource",
    "RedshiftSource",
    "RepoConfig",
    "RequestSource",
    "SnowflakeSource",
    "StreamFeatureView",
    "ValueType",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'feast' has no attribute '{name}'")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
