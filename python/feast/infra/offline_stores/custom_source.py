"""What the sources have in common that keep their settings as JSON in a custom source."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import DataSource, class_path, common_arguments, name_or, shared_arguments
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as SavedDatasetStorageProto
from feast.saved_dataset import CUSTOM_STORAGE_CLASS_KEY, SavedDatasetStorage


def json_options(settings: Dict[str, Any]) -> DataSourceProto.CustomSourceOptions:
    """Settings as the bytes of a custom source; the order of keys is kept."""
    return DataSourceProto.CustomSourceOptions(configuration=json.dumps(settings).encode())


class CustomSource(DataSource):
    """A source whose settings are a JSON object."""

    # Common arguments that the constructor takes besides those of every source.
    _further_arguments: ClassVar[tuple[str, ...]] = ("connection_ref",)

    # Attributes that are settings under the same name, in the order in which they are written.
    _setting_names: ClassVar[tuple[str, ...]] = ()

    def settings(self) -> Dict[str, Any]:
        """The settings, in the order in which they are written."""
        return {name: getattr(self, name) for name in self._setting_names}

    def source_type(self) -> int:
        return DataSourceProto.CUSTOM_SOURCE

    def _compared(self) -> Any:
        return type(self), self.settings()

    def _to_proto_impl(self) -> DataSourceProto:
        return self._common_proto(
            data_source_class_type=class_path(self), custom_options=json_options(self.settings())
        )

    @classmethod
    def read(cls, message: DataSourceProto, settings: Dict[str, Any]) -> Any:
        """The source of a message and its settings."""
        return cls(**{**common_arguments(message, *cls._further_arguments), **settings})

    @classmethod
    def from_proto(cls, data_source: DataSourceProto) -> Any:  # type: ignore[override]
        """The source of a message."""
        return cls.read(data_source, json.loads(data_source.custom_options.configuration))


class CustomStorage(SavedDatasetStorage):
    """Storage of saved datasets whose settings are a JSON object."""

    def settings(self) -> Dict[str, Any]:
        """The settings, in the order in which they are written."""
        raise NotImplementedError

    @classmethod
    def read(cls, settings: Dict[str, Any]) -> Any:
        """The storage with these settings."""
        raise NotImplementedError

    def to_proto(self) -> SavedDatasetStorageProto:
        return self._custom_storage_proto(json_options(self.settings()))

    @classmethod
    def from_proto(cls, storage_proto: SavedDatasetStorageProto) -> Any:  # type: ignore[override]
        settings = json.loads(storage_proto.custom_storage.configuration)
        settings.pop(CUSTOM_STORAGE_CLASS_KEY, None)
        return cls.read(settings)


class TableOrQuerySource(CustomSource):
    """A table, or a query that gives rows.

    Args:
        name: Name, unique in the project; `table` if omitted.
        query: SQL that gives the rows, instead of `table`.
        table: Table.

    The other arguments are those of `DataSource`.

    Raises:
        DataSourceNoNameException: If neither name nor table is given.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        query: Optional[str] = None,
        table: Optional[str] = None,
        timestamp_field: Optional[str] = "",
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
        connection_ref: Optional[ConnectionRef] = None,
    ):
        self._given_name = name or ""
        self.query = query or ""
        self.table = table or ""
        super().__init__(name=name_or(name, table), **shared_arguments(locals()))

    def settings(self) -> Dict[str, Any]:
        return {"name": self._given_name, "query": self.query, "table": self.table}

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        source = super().read(message, {"query": settings["query"], "table": settings["table"]})
        source._given_name = settings.get("name", "")
        return source

    def get_table_query_string(self) -> str:
        return self.table or f"({self.query})"


class TableOrQueryStorage(CustomStorage):
    """A saved dataset in a table of a `TableOrQuerySource`."""

    _source_class: ClassVar[Any]

    def __init__(self, table_ref: str):
        self.table = table_ref

    def settings(self) -> Dict[str, Any]:
        return {"name": "", "query": "", "table": self.table}

    @classmethod
    def read(cls, settings: Dict[str, Any]) -> Any:
        return cls(table_ref=settings["table"])

    def to_data_source(self) -> DataSource:
        source: DataSource = self._source_class(table=self.table)
        return source


class TableReferenceSource(CustomSource):
    """A table of a store that takes no queries.

    Args:
        name: Name, unique in the project.
        table_ref: Table.
        event_timestamp_column: Column of the event time.

    The other arguments are those of `DataSource`.
    """

    _setting_names = ("table_ref",)

    def __init__(
        self,
        name: str,
        table_ref: Optional[str] = None,
        event_timestamp_column: Optional[str] = None,
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        date_partition_column: Optional[str] = "",
        description: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = None,
        connection_ref: Optional[ConnectionRef] = None,
    ):
        self.table_ref = table_ref
        super().__init__(name=name, timestamp_field=event_timestamp_column, **shared_arguments(locals()))

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        arguments = common_arguments(message, "date_partition_column", "connection_ref")
        return cls(event_timestamp_column=arguments.pop("timestamp_field"), **settings, **arguments)

    def get_table_query_string(self) -> str:
        return f"`{self.table_ref}`"
