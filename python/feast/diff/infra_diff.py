"""Online tables that an apply would create and drop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Optional, Tuple

from feast.diff.property_diff import PropertyDiff, TransitionType, diff_text
from feast.infra.infra_object import Infra, InfraObject
from feast.protos.feast.core.SqliteTable_pb2 import SqliteTable


@dataclass
class InfraObjectDiff:
    """What happens to one table.

    Args:
        name: Name of the table.
        infra_object_type: Kind, such as `sqlite table`.
        current_infra_object: Message of the table as it is, if there is one.
        new_infra_object: Message of the table as it will be, if there is one.
        infra_object_property_diffs: Changed properties of an update.
        transition_type: What happens.
    """

    name: str
    infra_object_type: str
    current_infra_object: Optional[Any]
    new_infra_object: Optional[Any]
    infra_object_property_diffs: List[PropertyDiff]
    transition_type: TransitionType


@dataclass
class InfraDiff:
    """What happens to each table."""

    infra_object_diffs: List[InfraObjectDiff] = field(default_factory=list)

    def to_string(self) -> str:
        """Lines for a terminal."""
        shown = [
            (diff.transition_type, diff.infra_object_type, diff.name, diff.infra_object_property_diffs)
            for diff in self.infra_object_diffs
        ]
        return diff_text(shown, "No changes to infrastructure")


def infra_diff(
    current: Infra, created: List[str], dropped: List[str], store_type: str, path: str, project: str
) -> Tuple[InfraDiff, Infra]:
    """Changes of tables, and the tables there will be.

    Args:
        current: What the registry records.
        created: Views whose tables are new.
        dropped: Views whose tables go.
        store_type: Type of the online store.
        path: File of an SQLite store.
        project: Name of the project.
    """
    gone = {f"{project}_{view}" for view in dropped}
    made = [SqliteTable(path=path, name=f"{project}_{view}") for view in created]
    changes = [
        InfraObjectDiff(table.name, f"{store_type} table", None, table, [], TransitionType.CREATE) for table in made
    ]
    changes += [
        InfraObjectDiff(
            name, f"{store_type} table", SqliteTable(path=path, name=name), None, [], TransitionType.DELETE
        )
        for name in sorted(gone)
    ]
    kept = [item for item in current.infra_objects if item.name not in gone | {table.name for table in made}]
    added = [InfraObject(table.name, table.path) for table in made] if store_type == "sqlite" else []
    return InfraDiff(changes), Infra(kept + added)
