"""What the sources have in common whose rows are a table or the answer to a query."""

from __future__ import annotations

from typing import Any, ClassVar, Optional, Type

from feast.data_source import DataSource, common_arguments
from feast.feature_logging import LoggingDestination
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import SavedDatasetStorage


class TableOptions:
    """Settings of a table source, one attribute for each field of its message `_message`."""

    _message: ClassVar[Any]

    def __init__(self, **settings: Optional[str]):
        for name in self.field_names():
            setattr(self, name, settings.get(name) or "")

    @classmethod
    def field_names(cls) -> list[str]:
        """Names of the settings."""
        return [field.name for field in cls._message.DESCRIPTOR.fields]

    @classmethod
    def from_proto(cls, options_proto: Any) -> Any:
        """The settings of a message."""
        return cls(**{name: getattr(options_proto, name) for name in cls.field_names()})

    def to_proto(self) -> Any:
        """The message of the settings."""
        return self._message(**{name: getattr(self, name) for name in self.field_names()})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class TableSource(DataSource):
    """A source with `TableOptions` in the attribute `_options_attribute`, which is also the field of the message."""

    _options_attribute: ClassVar[str]
    # Common arguments that the constructor takes besides those of every source.
    _further_arguments: ClassVar[tuple[str, ...]] = ("connection_ref",)

    @classmethod
    def from_proto(cls, data_source: DataSourceProto) -> Any:  # type: ignore[override]
        """The source of a message."""
        options = getattr(data_source, cls._options_attribute)
        settings = {field.name: getattr(options, field.name) for field in options.DESCRIPTOR.fields}
        return cls(**common_arguments(data_source, *cls._further_arguments), **settings)

    @property
    def _options(self) -> Any:
        return getattr(self, self._options_attribute)

    @property
    def table(self) -> str:
        """The table, empty if the source is a query."""
        return str(self._options.table)

    @property
    def query(self) -> str:
        """The query, empty if the source is a table."""
        return str(self._options.query)

    def _compared(self) -> Any:
        return type(self), self._options

    def _to_proto_impl(self) -> DataSourceProto:
        return self._common_proto(**{self._options_attribute: self._options.to_proto()})

    def _quoted_table(self) -> str:
        """The table with its quoted qualifiers."""
        raise NotImplementedError

    def get_table_query_string(self) -> str:
        return self._quoted_table() if self.table else f"({self.query})"


class TableStorage(SavedDatasetStorage):
    """Storage of saved datasets in a table of a `TableSource`."""

    _source_class: ClassVar[Type[TableSource]]  # type: ignore[assignment]

    def _keep(self, options: TableOptions) -> None:
        setattr(self, self._source_class._options_attribute, options)

    @property
    def _options(self) -> Any:
        return getattr(self, self._source_class._options_attribute)

    @classmethod
    def from_proto(cls, storage_proto: SavedDatasetStorageProto) -> Any:  # type: ignore[override]
        """The storage of a message."""
        return cls(getattr(storage_proto, cls._proto_attr_name).table)

    def to_proto(self) -> SavedDatasetStorageProto:
        return SavedDatasetStorageProto(**{self._proto_attr_name: self._options.to_proto()})

    def to_data_source(self) -> DataSource:
        settings = {name: getattr(self._options, name) for name in self._options.field_names()}
        return self._source_class(**settings)


class TableLoggingDestination(LoggingDestination):
    """Logs in a table of a `TableSource`."""

    _source_class: ClassVar[Type[TableSource]]

    def __init__(self, *, table_name: str):
        self.table_name = table_name

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        return cls(table_name=getattr(config_proto, cls._proto_kind).table_name)

    def to_proto(self) -> LoggingConfigProto:
        message = LoggingConfigProto()
        destination = getattr(message, self._proto_kind)
        destination.SetInParent()
        destination.table_name = self.table_name
        return message

    def to_data_source(self) -> DataSource:
        return self._source_class(table=self.table_name)


def quoted(*parts: Optional[str]) -> str:
    """Parts of a qualified name in double quotes, without those that are empty."""
    return ".".join(f'"{part}"' for part in parts if part)
