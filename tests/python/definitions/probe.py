"""Evaluates definition expressions under the interpreter that runs it; prints one JSON object.

The differential test runs this file under both implementations and compares the answers, so it may use nothing but
`feast`'s public classes. An answer is the canonical JSON of a message, the text of an error, or a `repr`.
Usage: probe.py EXPRESSIONS_FILE | probe.py --repo DEFINITIONS_FILE
"""

import contextlib
import importlib.util
import io
import json
import sys
import warnings

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

warnings.simplefilter("ignore")

VOLATILE = {"created_timestamp", "last_updated_timestamp", "version_id"}

PRELUDE = """
import copy
from datetime import datetime, timedelta, timezone
import pandas as pd
import feast
from feast import AthenaSource, BatchFeatureView, BigQuerySource, ChrononSource, Entity, Feature, FeatureService
from feast import FeatureView, FeatureViewState, Field, FileSource, KafkaSource, KinesisSource, LabelView
from feast import OnDemandFeatureView, OracleSource, Project, PushSource, RedshiftSource, RequestSource
from feast import SnowflakeSource, StreamFeatureView, ValueType
from feast.aggregation import Aggregation
from feast.batch_feature_view import batch_feature_view
from feast.data_format import AvroFormat, JsonFormat, ParquetFormat, ProtoFormat
from feast.data_format import DeltaFormat as DeltaFile
from feast.data_source import DataSource, PushMode
from feast.entity import Entity
from feast.feature_logging import LoggingConfig
from feast.feature_view import DUMMY_ENTITY
from feast.feature_view_projection import FeatureViewProjection
from feast.infra.offline_stores.bigquery_source import *
from feast.infra.offline_stores.contrib.athena_offline_store.athena_source import *
from feast.infra.offline_stores.contrib.mssql_offline_store.mssqlserver_source import MsSqlServerSource
from feast.infra.offline_stores.contrib.oracle_offline_store.oracle_source import OracleSource
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import *
from feast.infra.offline_stores.contrib.spark_offline_store.spark_source import *
from feast.infra.offline_stores.file_source import *
from feast.infra.offline_stores.redshift_source import *
from feast.infra.offline_stores.snowflake_source import *
from feast.labeling.conflict_policy import ConflictPolicy
from feast.labeling.label_view import LabelView
from feast.on_demand_feature_view import on_demand_feature_view
from feast.permissions.action import ALL_ACTIONS, CRUD, READ, WRITE, AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import *
from feast.project import Project
from feast.saved_dataset import SavedDataset, SavedDatasetStorage, ValidationReference
from feast.stream_feature_view import stream_feature_view
from feast.table_format import *
from feast.transformation.base import Transformation, transformation
from feast.transformation.mode import TransformationMode
from feast.transformation.pandas_transformation import PandasTransformation
from feast.transformation.python_transformation import PythonTransformation
from feast.types import *
from feast.types import from_feast_type, from_value_type, from_feast_to_pyarrow_type
from feast.value_type import ValueType
import feast.errors as errors
from feast.permissions.user import User

def again(thing, *args):
    return type(thing).from_proto(thing.to_proto(), *args)

def src(name="s", **kw):
    return FileSource(**{"name": name, "path": name + ".parquet", "timestamp_field": "ts", **kw})

def fv(name="v", **kw):
    given = dict(entities=[key()], schema=[Field(name="a", dtype=Int64), Field(name="b", dtype=String)], source=src())
    given.update(kw)
    return FeatureView(name=name, **given)

def key(name="k", **kw):
    return Entity(name=name, **{"value_type": ValueType.INT64, **kw})

def doubled(inputs):
    return {"c": [2 * value for value in inputs["a"]]}

def odfv(name="o", **kw):
    given = dict(sources=[fv()], schema=[Field(name="c", dtype=Int64)], mode="python", udf=doubled, udf_string="def doubled(inputs):\\n    return {'c': inputs['a']}\\n")
    given.update(kw)
    return OnDemandFeatureView(name=name, **given)

def kafka(**kw):
    given = dict(name="kf", kafka_bootstrap_servers="h:1", topic="t", timestamp_field="ts", message_format=JsonFormat("a int"), batch_source=src())
    given.update(kw)
    return KafkaSource(**given)

def sfv(name="sv", **kw):
    given = dict(source=kafka(), entities=[key()], schema=[Field(name="a", dtype=Int64)], timestamp_field="ts", udf=doubled, udf_string="def doubled(inputs):\\n    return inputs\\n")
    given.update(kw)
    return StreamFeatureView(name=name, **given)

def bfv(name="bv", **kw):
    given = dict(source=src(), entities=[key()], schema=[Field(name="a", dtype=Int64)], udf=doubled, udf_string="def doubled(inputs):\\n    return inputs\\n")
    given.update(kw)
    return BatchFeatureView(name=name, **given)

def label(name="lv", **kw):
    given = dict(source=PushSource(name="p", batch_source=src()), entities=[key()], schema=[Field(name="a", dtype=Int64), Field(name="labeler", dtype=String)])
    given.update(kw)
    return LabelView(name=name, **given)
"""


def plain(value):
    """Canonical JSON of a message, without pickled code and times of construction."""
    if isinstance(value, dict):
        out = {}
        for name, item in value.items():
            if name in VOLATILE or (name == "body" and "body_text" in value):
                continue
            out[name] = plain(item)
            if name == "meta" and not out[name]:
                del out[name]
        return out
    return [plain(item) for item in value] if isinstance(value, list) else value


def shown(value):
    if hasattr(value, "to_proto") and not isinstance(value, type):
        value = value.to_proto()
    if isinstance(value, Message):
        return {type(value).__name__: plain(MessageToDict(value, preserving_proto_field_name=True))}
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {str(name): shown(item) for name, item in value.items()}
    if isinstance(value, set):
        return sorted(str(item) for item in value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def answer(expression, names):
    try:
        return shown(eval(expression, names))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def definitions(path):
    spec = importlib.util.spec_from_file_location("probed_definitions", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = {}
    for name, value in vars(module).items():
        if hasattr(value, "to_proto") and not isinstance(value, type):
            found[name] = shown(value)
            if type(value).__name__ != "FeatureViewProjection":
                found[f"{name} again"] = shown(type(value).from_proto(value.to_proto()))
    return found


def main():
    with contextlib.redirect_stdout(io.StringIO()):
        if sys.argv[1] == "--repo":
            answers = definitions(sys.argv[2])
        else:
            names = {"__name__": "probed"}
            exec(PRELUDE, names)
            lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
            answers = {line: answer(line, names) for line in lines if line and not line.startswith("#")}
    print(json.dumps(answers, indent=1, default=str))


if __name__ == "__main__":
    main()
