"""Couchbase Columnar collections as a data source, as storage of saved datasets and as a destination of logs."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.credentials import ConnectionRef
from feast.data_source import DataSource, name_or, shared_arguments
from feast.feature_logging import LoggingDestination
from feast.infra.offline_stores.custom_source import CustomSource, CustomStorage
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto


class CouchbaseColumnarSource(CustomSource):
    """A Couchbase Columnar collection or query.

    Args:
        name: Name, unique in the project; `collection` if omitted.
        query: SQL++ that gives the rows, instead of `collection`.
        database: Database.
        scope: Scope.
        collection: Collection.

    The other arguments are those of `DataSource`.

    Raises:
        DataSourceNoNameException: If neither name nor collection is given.
    """

    def __init__(
        self,
        name: Optional[str] = None,
        query: Optional[str] = None,
        database: Optional[str] = "Default",
        scope: Optional[str] = "Default",
        collection: Optional[str] = None,
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
        self.database = database or ""
        self.scope = scope or ""
        self.collection = collection or ""
        super().__init__(name=name_or(name, collection), **shared_arguments(locals()))

    def settings(self) -> Dict[str, Any]:
        return {
            "name": self._given_name,
            "query": self.query,
            "database": self.database,
            "scope": self.scope,
            "collection": self.collection,
        }

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        given_name = settings.pop("name", "")
        source = super().read(message, settings)
        source._given_name = given_name
        return source

    def get_table_query_string(self) -> str:
        if self.collection:
            return f"`{self.database}`.`{self.scope}`.`{self.collection}`"
        return f"({self.query})"


class SavedDatasetCouchbaseColumnarStorage(CustomStorage):
    """A saved dataset in a Couchbase Columnar collection."""

    _proto_attr_name = "custom_storage"
    _source_class = CouchbaseColumnarSource

    def __init__(self, database_ref: str, scope_ref: str, collection_ref: str):
        self.database = database_ref
        self.scope = scope_ref
        self.collection = collection_ref

    def settings(self) -> Dict[str, Any]:
        return {
            "name": "",
            "query": "",
            "database": self.database,
            "scope": self.scope,
            "collection": self.collection,
        }

    @classmethod
    def read(cls, settings: Dict[str, Any]) -> Any:
        return cls(settings["database"], settings["scope"], settings["collection"])

    def to_data_source(self) -> DataSource:
        return CouchbaseColumnarSource(
            database=self.database, scope=self.scope, collection=self.collection
        )


class CouchbaseColumnarLoggingDestination(LoggingDestination):
    """Logs in a Couchbase Columnar collection."""

    _proto_kind = "couchbase_columnar_destination"

    def __init__(self, *, database: str, scope: str, table_name: str):
        self.database = database
        self.scope = scope
        self.table_name = table_name

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> LoggingDestination:
        message = config_proto.couchbase_columnar_destination
        return cls(database=message.database, scope=message.scope, table_name=message.collection)

    def to_proto(self) -> LoggingConfigProto:
        return LoggingConfigProto(
            couchbase_columnar_destination=LoggingConfigProto.CouchbaseColumnarDestination(
                database=self.database, scope=self.scope, collection=self.table_name
            )
        )

    def to_data_source(self) -> DataSource:
        return CouchbaseColumnarSource(
            database=self.database, scope=self.scope, collection=self.table_name
        )
