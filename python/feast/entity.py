"""An entity: what features describe, and the column by which rows of it are joined."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import Dict, List, Optional

from google.protobuf.json_format import MessageToJson

from feast.argument_types import checked
from feast.definition import ShownInNotebooks
from feast.proto_time import load_times, store_times
from feast.protos.feast.core.Entity_pb2 import Entity as EntityProto
from feast.value_type import ValueType


class Entity(ShownInNotebooks):
    """A kind of thing that features are about.

    Args:
        name: Name, unique in the project.
        join_keys: At most one column name; `[name]` if omitted.
        value_type: Wire type of the join key; omitting it is deprecated and means UNKNOWN.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible, usually a mail address.

    Raises:
        ValueError: If there is more than one join key.
        TypeCheckError: If an argument has another type.
    """

    name: str
    value_type: ValueType
    join_key: str
    description: str
    tags: Dict[str, str]
    owner: str
    created_timestamp: Optional[datetime]
    last_updated_timestamp: Optional[datetime]

    @checked
    def __init__(
        self,
        *,
        name: str,
        join_keys: Optional[List[str]] = None,
        value_type: Optional[ValueType] = None,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        owner: str = "",
    ):
        if value_type is None:
            warnings.warn(
                "Entity value_type will be mandatory in the next release. "
                f"Please specify a value_type for entity '{name}'.",
                DeprecationWarning,
                stacklevel=3,
            )
        if join_keys and len(join_keys) > 1:
            raise ValueError(
                "An entity may only have a single join key. Multiple join keys will be supported in the future."
            )
        self.name = name
        self.value_type = value_type or ValueType.UNKNOWN
        self.join_key = join_keys[0] if join_keys else name
        self.description = description
        self.tags = tags or {}
        self.owner = owner
        self.created_timestamp = None
        self.last_updated_timestamp = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and all(
            getattr(self, name) == getattr(other, name)
            for name in ("name", "value_type", "join_key", "description", "tags", "owner")
        )

    def __hash__(self) -> int:
        return hash((self.name, self.join_key))

    def __lt__(self, other: Entity) -> bool:
        return self.name < other.name

    def __repr__(self) -> str:
        return (
            f"Entity(\n    name={self.name!r},\n    value_type={self.value_type!r},\n    join_key={self.join_key!r},\n"
            f"    description={self.description!r},\n    tags={self.tags!r},\n    owner={self.owner!r},\n"
            f"    created_timestamp={self.created_timestamp!r},\n"
            f"    last_updated_timestamp={self.last_updated_timestamp!r}\n)"
        )

    def __str__(self) -> str:
        return str(MessageToJson(self.to_proto()))

    def is_valid(self) -> None:
        """Raises ValueError if the entity has no name or no type."""
        if not self.name:
            raise ValueError("The entity does not have a name.")
        if not self.value_type:
            raise ValueError(f"The entity {self.name} does not have a type.")

    def to_proto(self) -> EntityProto:
        """The message of the entity, without project."""
        message = EntityProto()
        message.spec.name = self.name
        message.spec.value_type = self.value_type.value
        message.spec.join_key = self.join_key
        message.spec.description = self.description
        message.spec.tags.update(self.tags)
        message.spec.owner = self.owner
        message.meta.SetInParent()
        store_times(message.meta, self)
        return message

    @classmethod
    def from_proto(cls, entity_proto: EntityProto) -> Entity:
        """The entity of a message."""
        spec = entity_proto.spec
        entity = cls(
            name=spec.name,
            join_keys=[spec.join_key],
            value_type=ValueType(spec.value_type),
            description=spec.description,
            tags=dict(spec.tags),
            owner=spec.owner,
        )
        load_times(entity_proto.meta, entity)
        return entity


def _dummy_entity() -> Entity:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Entity(name=DUMMY_ENTITY_NAME, join_keys=[DUMMY_ENTITY_ID])


# Views without entities are stored under this hidden one; its only key value is the empty string.
DUMMY_ENTITY_NAME = "__dummy"
DUMMY_ENTITY_ID = "__dummy_id"
DUMMY_ENTITY_VAL = ""
DUMMY_ENTITY = _dummy_entity()
