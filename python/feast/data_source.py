"""Data sources: where the rows of views come from. Here are the base class and the sources without storage."""

from __future__ import annotations

import enum
import warnings
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Tuple

from google.protobuf.json_format import MessageToJson

from feast.argument_types import checked
from feast.class_path import class_of
from feast.credentials import TAG_PREFIX, ConnectionRef
from feast.data_format import StreamFormat
from feast.definition import ShownInNotebooks
from feast.errors import DataSourceNoNameException
from feast.field import Field
from feast.proto_time import from_duration, load_times, now, store_times, to_duration
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.value_type import ValueType

if TYPE_CHECKING:
    from feast.repo_config import RepoConfig


class PushMode(enum.Enum):
    """Which stores a push writes to."""

    ONLINE = 1
    OFFLINE = 2
    ONLINE_AND_OFFLINE = 3


# Source type -> dotted class. Types not listed name their class in `data_source_class_type`.
_SOURCE_CLASSES = {
    DataSourceProto.BATCH_FILE: "feast.infra.offline_stores.file_source.FileSource",
    DataSourceProto.BATCH_BIGQUERY: "feast.infra.offline_stores.bigquery_source.BigQuerySource",
    DataSourceProto.BATCH_REDSHIFT: "feast.infra.offline_stores.redshift_source.RedshiftSource",
    DataSourceProto.BATCH_SNOWFLAKE: "feast.infra.offline_stores.snowflake_source.SnowflakeSource",
    DataSourceProto.BATCH_TRINO: (
        "feast.infra.offline_stores.contrib.trino_offline_store.trino_source.TrinoSource"
    ),
    DataSourceProto.BATCH_SPARK: (
        "feast.infra.offline_stores.contrib.spark_offline_store.spark_source.SparkSource"
    ),
    DataSourceProto.BATCH_ATHENA: (
        "feast.infra.offline_stores.contrib.athena_offline_store.athena_source.AthenaSource"
    ),
    DataSourceProto.BATCH_ICEBERG: (
        "feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source.IcebergSource"
    ),
    DataSourceProto.STREAM_KAFKA: "feast.data_source.KafkaSource",
    DataSourceProto.STREAM_KINESIS: "feast.data_source.KinesisSource",
    DataSourceProto.REQUEST_SOURCE: "feast.data_source.RequestSource",
    DataSourceProto.PUSH_SOURCE: "feast.data_source.PushSource",
}

# Fields of the message that are attributes of every source, by the same name.
_COMMON_TEXTS = (
    "description",
    "owner",
    "timestamp_field",
    "created_timestamp_column",
    "date_partition_column",
    "timestamp_field_type",
)
_SHARED_ARGUMENTS = ("field_mapping", "tags", "connection_ref", *_COMMON_TEXTS)


class DataSource(ShownInNotebooks, ABC):
    """Where rows come from, and which of their columns are times.

    Args:
        name: Name, unique in the project.
        timestamp_field: Column of the event time; found out at apply if empty.
        created_timestamp_column: Column of the time of writing, which breaks ties of the event time.
        field_mapping: Column name in the source to feature name.
        description: Text for people.
        tags: Labels; the prefix `feast.connection-ref.` is reserved.
        owner: Who is responsible.
        date_partition_column: Column by which the source is partitioned by day.
        timestamp_field_type: Type of the event time, if the source needs to be told (`DATE`).
        connection_ref: Where the credentials are.

    Raises:
        ValueError: If the two time columns are the same.
    """

    name: str
    timestamp_field: str
    created_timestamp_column: str
    field_mapping: Dict[str, str]
    description: str
    tags: Dict[str, str]
    owner: str
    date_partition_column: str
    timestamp_field_type: str
    connection_ref: Optional[ConnectionRef]
    created_timestamp: Optional[datetime]
    last_updated_timestamp: Optional[datetime]

    def __init__(
        self,
        *,
        name: str,
        timestamp_field: Optional[str] = None,
        created_timestamp_column: Optional[str] = None,
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        date_partition_column: Optional[str] = None,
        timestamp_field_type: Optional[str] = None,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        if timestamp_field and timestamp_field == created_timestamp_column:
            raise ValueError(
                "Please do not use the same column for 'timestamp_field' and 'created_timestamp_column'."
            )
        self.name = name
        self.timestamp_field = timestamp_field or ""
        self.created_timestamp_column = created_timestamp_column or ""
        self.field_mapping = field_mapping or {}
        self.description = description or ""
        self.tags = tags or {}
        self.owner = owner or ""
        self.date_partition_column = date_partition_column or ""
        self.timestamp_field_type = timestamp_field_type or ""
        self.connection_ref = connection_ref
        self.created_timestamp = now()
        self.last_updated_timestamp = self.created_timestamp

    def __hash__(self) -> int:
        return hash((self.name, self.timestamp_field))

    def __str__(self) -> str:
        return str(MessageToJson(self.to_proto()))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DataSource)
            and all(
                getattr(self, name) == getattr(other, name)
                for name in ("name", "field_mapping", "tags", "connection_ref", *_COMMON_TEXTS)
            )
            and self._compared() == other._compared()
        )

    def _compared(self) -> Any:
        """What equality compares besides what all sources have: the kind and its settings."""
        return None

    # ------------------------------------------------------------ messages

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> Any:
        """The source of a message, of the class that its type or class name says.

        Raises:
            ValueError: If the message does not say what kind of source it is.
        """
        path = _SOURCE_CLASSES.get(data_source.type, data_source.data_source_class_type)
        if not path:
            raise ValueError("Could not identify the source type being added.")
        source = class_of(path).from_proto(data_source)
        if data_source.HasField("meta"):
            load_times(data_source.meta, source, aware=True)
        if data_source.HasField("connection_ref"):
            source._connection_ref_proto = data_source.connection_ref
        return source

    def to_proto(self) -> DataSourceProto:
        """The message of the source."""
        message = self._to_proto_impl()
        if self.connection_ref is not None:
            message.tags.update(self.connection_ref.to_tags())
        if "_connection_ref_proto" in vars(self):
            message.connection_ref.CopyFrom(vars(self)["_connection_ref_proto"])
        message.meta.SetInParent()
        store_times(message.meta, self)
        return message

    @abstractmethod
    def _to_proto_impl(self) -> DataSourceProto:
        """The message without times and credentials."""

    def _common_proto(self, **options: Any) -> DataSourceProto:
        """A message with what all sources have, and `options` (type and options of the kind)."""
        message = DataSourceProto(name=self.name, type=self.source_type(), tags=self.tags, **options)
        message.field_mapping.update(self.field_mapping)
        for name in _COMMON_TEXTS:
            setattr(message, name, getattr(self, name))
        return message

    # ------------------------------------------------------------ what the offline store asks

    def source_type(self) -> int:
        """The number of the kind of source."""
        raise NotImplementedError

    def validate(self, config: RepoConfig) -> None:
        """Checks that the source exists; the C++ core does this at apply, so here it does nothing."""

    @staticmethod
    def source_datatype_to_feast_value_type() -> Callable[[str], ValueType]:
        """The map from the source's type names to wire types."""
        raise NotImplementedError

    def get_table_column_names_and_types(self, config: RepoConfig) -> Iterable[Tuple[str, str]]:
        """Names and types of the columns, as the source calls them."""
        raise NotImplementedError

    def get_table_query_string(self) -> str:
        """The source as it may stand after FROM in SQL."""
        raise NotImplementedError

    def resolve_credentials(self) -> Optional[Dict[str, str]]:
        """The credentials of `connection_ref`, None if there is none. Only the C++ core resolves them."""
        if self.connection_ref is None:
            return None
        raise NotImplementedError("Credentials are resolved by the offline store.")


def common_arguments(message: DataSourceProto, *names: str) -> Dict[str, Any]:
    """Constructor arguments that all sources share, as the message has them.

    Args:
        message: Message of a source.
        names: Further common arguments that the constructor takes: `date_partition_column`,
            `timestamp_field_type`, `connection_ref`.
    """
    arguments: Dict[str, Any] = {
        "name": message.name,
        "field_mapping": dict(message.field_mapping),
        "timestamp_field": message.timestamp_field,
        "created_timestamp_column": message.created_timestamp_column,
        "description": message.description,
        "tags": dict(message.tags),
        "owner": message.owner,
    }
    for name in names:
        if name == "connection_ref":
            arguments[name] = ConnectionRef.from_tags(arguments["tags"])
            if arguments[name] is not None:
                own = [tag for tag in arguments["tags"] if tag.startswith(TAG_PREFIX)]
                arguments["tags"] = {tag: text for tag, text in arguments["tags"].items() if tag not in own}
        else:
            arguments[name] = getattr(message, name)
    return arguments


def shared_arguments(arguments: Dict[str, Any]) -> Dict[str, Any]:
    """Those of a constructor's arguments, its `locals()`, that `DataSource` takes under the same name.

    The name is not among them, because every kind of source has its own rule for a name that is omitted.
    """
    return {name: arguments[name] for name in _SHARED_ARGUMENTS if name in arguments}


def name_or(name: Optional[str], fallback: Optional[str]) -> str:
    """The name of a source, `fallback` if it was given none.

    Raises:
        DataSourceNoNameException: If neither is given.
    """
    if not (name or fallback):
        raise DataSourceNoNameException()
    return name or str(fallback)


def class_path(source: DataSource) -> str:
    """The dotted name of the source's class, as views record it."""
    return f"{type(source).__module__}.{type(source).__name__}"


class KafkaOptions:
    """Settings of a Kafka source."""

    def __init__(
        self,
        kafka_bootstrap_servers: str,
        message_format: StreamFormat,
        topic: str,
        watermark_delay_threshold: Optional[timedelta] = None,
    ):
        self.kafka_bootstrap_servers = kafka_bootstrap_servers
        self.message_format = message_format
        self.topic = topic
        self.watermark_delay_threshold = watermark_delay_threshold

    @classmethod
    def from_proto(cls, kafka_options_proto: DataSourceProto.KafkaOptions) -> KafkaOptions:
        """The settings of a message."""
        return cls(
            kafka_bootstrap_servers=kafka_options_proto.kafka_bootstrap_servers,
            message_format=StreamFormat.from_proto(kafka_options_proto.message_format),
            topic=kafka_options_proto.topic,
            watermark_delay_threshold=from_duration(kafka_options_proto, "watermark_delay_threshold"),
        )

    def to_proto(self) -> DataSourceProto.KafkaOptions:
        """The message of the settings."""
        return DataSourceProto.KafkaOptions(
            kafka_bootstrap_servers=self.kafka_bootstrap_servers,
            message_format=self.message_format.to_proto(),
            topic=self.topic,
            watermark_delay_threshold=to_duration(self.watermark_delay_threshold),
        )


class _BatchedSource(DataSource):
    """A source of fresh rows, with a batch source that holds their history."""

    batch_source: Optional[DataSource] = None
    # Attribute of the settings, which is also their field of the message.
    _options_attribute = ""

    def _compared(self) -> Any:
        return self._options_attribute, self._options_proto()

    def _options_proto(self) -> Any:
        return getattr(self, self._options_attribute).to_proto()

    def _to_proto_impl(self) -> DataSourceProto:
        options = {self._options_attribute: self._options_proto()} if self._options_attribute else {}
        message = self._common_proto(**options)
        if self.batch_source:
            message.batch_source.MergeFrom(self.batch_source.to_proto())
        return message


class KafkaSource(_BatchedSource):
    """A Kafka topic, with a batch source that holds its history.

    Args:
        name: Name, unique in the project.
        timestamp_field: Field of the event time.
        message_format: How messages are encoded.
        bootstrap_servers: Deprecated name of `kafka_bootstrap_servers`.
        kafka_bootstrap_servers: Servers as `host:port`, separated by commas.
        topic: The topic.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Field name to feature name.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        batch_source: Source of the history; views need it.
        watermark_delay_threshold: How late messages may be.
    """

    _options_attribute = "kafka_options"

    @checked
    def __init__(
        self,
        *,
        name: str,
        timestamp_field: str,
        message_format: StreamFormat,
        bootstrap_servers: Optional[str] = None,
        kafka_bootstrap_servers: Optional[str] = None,
        topic: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        batch_source: Optional[DataSource] = None,
        watermark_delay_threshold: Optional[timedelta] = None,
    ):
        if bootstrap_servers:
            warnings.warn(
                "The 'bootstrap_servers' parameter has been deprecated in favor of 'kafka_bootstrap_servers'. "
                "Feast 0.25 and onwards will not support the 'bootstrap_servers' parameter.",
                DeprecationWarning,
                stacklevel=3,
            )
        super().__init__(name=name, **shared_arguments(locals()))
        self.batch_source = batch_source
        self.kafka_options = KafkaOptions(
            kafka_bootstrap_servers=kafka_bootstrap_servers or bootstrap_servers or "",
            message_format=message_format,
            topic=topic or "",
            watermark_delay_threshold=watermark_delay_threshold,
        )

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> KafkaSource:
        """The source of a message."""
        options = KafkaOptions.from_proto(data_source.kafka_options)
        return KafkaSource(
            **common_arguments(data_source),
            kafka_bootstrap_servers=options.kafka_bootstrap_servers,
            message_format=options.message_format,
            topic=options.topic,
            watermark_delay_threshold=options.watermark_delay_threshold,
            batch_source=_batch_source(data_source),
        )

    def source_type(self) -> int:
        return DataSourceProto.STREAM_KAFKA


class KinesisOptions:
    """Settings of a Kinesis source."""

    def __init__(self, record_format: StreamFormat, region: str, stream_name: str):
        self.record_format = record_format
        self.region = region
        self.stream_name = stream_name

    @classmethod
    def from_proto(cls, kinesis_options_proto: DataSourceProto.KinesisOptions) -> KinesisOptions:
        """The settings of a message."""
        return cls(
            record_format=StreamFormat.from_proto(kinesis_options_proto.record_format),
            region=kinesis_options_proto.region,
            stream_name=kinesis_options_proto.stream_name,
        )

    def to_proto(self) -> DataSourceProto.KinesisOptions:
        """The message of the settings."""
        return DataSourceProto.KinesisOptions(
            record_format=self.record_format.to_proto(), region=self.region, stream_name=self.stream_name
        )


class KinesisSource(_BatchedSource):
    """A Kinesis stream, with a batch source that holds its history.

    Args:
        name: Name, unique in the project.
        record_format: How records are encoded.
        region: Region of the stream.
        stream_name: The stream.
        timestamp_field: Field of the event time.
        created_timestamp_column: Column of the time of writing.
        field_mapping: Field name to feature name.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        batch_source: Source of the history; views need it.
    """

    _options_attribute = "kinesis_options"

    @checked
    def __init__(
        self,
        *,
        name: str,
        record_format: StreamFormat,
        region: str,
        stream_name: str,
        timestamp_field: Optional[str] = "",
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        batch_source: Optional[DataSource] = None,
    ):
        super().__init__(name=name, **shared_arguments(locals()))
        self.batch_source = batch_source
        self.kinesis_options = KinesisOptions(record_format, region, stream_name)

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> KinesisSource:
        """The source of a message."""
        options = KinesisOptions.from_proto(data_source.kinesis_options)
        return KinesisSource(
            **common_arguments(data_source),
            record_format=options.record_format,
            region=options.region,
            stream_name=options.stream_name,
            batch_source=_batch_source(data_source),
        )

    def source_type(self) -> int:
        return DataSourceProto.STREAM_KINESIS


class PushSource(_BatchedSource):
    """A source that rows are pushed to by callers.

    Args:
        name: Name, unique in the project.
        batch_source: Source that holds the history; time columns and mapping are taken from it.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
    """

    @checked
    def __init__(
        self,
        *,
        name: str,
        batch_source: Optional[DataSource] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
    ):
        super().__init__(name=name, **shared_arguments(locals()))
        self.batch_source = batch_source
        if batch_source:
            self.timestamp_field = batch_source.timestamp_field
            self.created_timestamp_column = batch_source.created_timestamp_column
            self.date_partition_column = batch_source.date_partition_column
            self.field_mapping = dict(batch_source.field_mapping)

    def _compared(self) -> Any:
        return "push", self.batch_source

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> PushSource:
        """The source of a message."""
        return PushSource(
            name=data_source.name,
            batch_source=_batch_source(data_source),
            description=data_source.description,
            tags=dict(data_source.tags),
            owner=data_source.owner,
        )

    def source_type(self) -> int:
        return DataSourceProto.PUSH_SOURCE


class RequestSource(DataSource):
    """Values that come with the request, not from a store.

    Args:
        name: Name, unique in the project.
        schema: Names and types of the values.
        timestamp_field: Unused by retrieval, kept for readers.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
    """

    schema: List[Field]

    @checked
    def __init__(
        self,
        *,
        name: str,
        schema: List[Field],
        timestamp_field: Optional[str] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
    ):
        super().__init__(name=name, **shared_arguments(locals()))
        self.schema = schema

    def _compared(self) -> Any:
        return "request_data_options", self.schema

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> RequestSource:
        """The source of a message; the schema may be in the deprecated map."""
        options = data_source.request_data_options
        if options.schema:
            schema = [Field.from_proto(field) for field in options.schema]
        else:
            from feast.types import from_value_type

            schema = [
                Field(name=name, dtype=from_value_type(ValueType(number)))
                for name, number in options.deprecated_schema.items()
            ]
        return RequestSource(
            name=data_source.name,
            schema=schema,
            timestamp_field=data_source.timestamp_field,
            description=data_source.description,
            tags=dict(data_source.tags),
            owner=data_source.owner,
        )

    def _to_proto_impl(self) -> DataSourceProto:
        options = DataSourceProto.RequestDataOptions(schema=[field.to_proto() for field in self.schema])
        return self._common_proto(request_data_options=options)

    def source_type(self) -> int:
        return DataSourceProto.REQUEST_SOURCE


def _batch_source(message: DataSourceProto) -> Optional[DataSource]:
    return DataSource.from_proto(message.batch_source) if message.HasField("batch_source") else None
