"""Tables of the online store, as the registry records them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List

from feast.protos.feast.core.InfraObject_pb2 import Infra as InfraProto
from feast.protos.feast.core.InfraObject_pb2 import InfraObject as InfraObjectProto
from feast.protos.feast.core.SqliteTable_pb2 import SqliteTable as SqliteTableProto

SQLITE_INFRA_OBJECT_CLASS_TYPE = "feast.infra.online_stores.sqlite.SqliteTable"


@dataclass
class InfraObject:
    """A table of an SQLite online store.

    Args:
        name: Name of the table.
        path: The database file.
    """

    name: str
    path: str

    def to_proto(self) -> SqliteTableProto:
        """The message of the table."""
        return SqliteTableProto(path=self.path, name=self.name)

    def to_infra_object_proto(self) -> InfraObjectProto:
        """The message of the table, with its type."""
        return InfraObjectProto(
            infra_object_class_type=SQLITE_INFRA_OBJECT_CLASS_TYPE, sqlite_table=self.to_proto()
        )


@dataclass
class Infra:
    """The tables of a project."""

    infra_objects: List[InfraObject] = field(default_factory=list)

    def to_proto(self) -> InfraProto:
        """The message of the tables, sorted by name."""
        ordered = sorted(self.infra_objects, key=lambda item: item.name)
        return InfraProto(infra_objects=[item.to_infra_object_proto() for item in ordered])

    @classmethod
    def from_proto(cls, infra_proto: InfraProto) -> Infra:
        """The SQLite tables of a message; what other stores record is left out."""
        return cls(
            [
                InfraObject(item.sqlite_table.name, item.sqlite_table.path)
                for item in infra_proto.infra_objects
                if item.infra_object_class_type == SQLITE_INFRA_OBJECT_CLASS_TYPE
            ]
        )
