"""A project: the namespace of all registered objects."""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Optional

from google.protobuf.json_format import MessageToJson

from feast.argument_types import checked
from feast.definition import ShownInNotebooks
from feast.proto_time import load_times, now, store_times
from feast.protos.feast.core.Project_pb2 import Project as ProjectProto


class Project(ShownInNotebooks):
    """A namespace of the registry.

    Args:
        name: Name; must equal the project of the repository's configuration.
        description: Text for people.
        tags: Labels.
        owner: Who is responsible.
        created_timestamp: When it was made; now if omitted.
        last_updated_timestamp: When it was last changed; now if omitted.
    """

    name: str
    description: str
    tags: Dict[str, str]
    owner: str
    created_timestamp: datetime
    last_updated_timestamp: datetime

    @checked
    def __init__(
        self,
        *,
        name: str,
        description: str = "",
        tags: Optional[Dict[str, str]] = None,
        owner: str = "",
        created_timestamp: Optional[datetime] = None,
        last_updated_timestamp: Optional[datetime] = None,
    ):
        self.name = name
        self.description = description
        self.tags = tags if tags is not None else {}
        self.owner = owner
        moment = now()
        self.created_timestamp = created_timestamp or moment
        self.last_updated_timestamp = last_updated_timestamp or moment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Project) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.name)

    def __lt__(self, other: Project) -> bool:
        return self.name < other.name

    def __str__(self) -> str:
        return str(MessageToJson(self.to_proto()))

    def is_valid(self) -> None:
        """Raises ValueError if the project has no name."""
        if not self.name:
            raise ValueError("The project does not have a name.")

    def to_proto(self) -> ProjectProto:
        """The message of the project."""
        message = ProjectProto()
        message.spec.name = self.name
        message.spec.description = self.description
        message.spec.tags.update(self.tags)
        message.spec.owner = self.owner
        store_times(message.meta, self)
        return message

    @classmethod
    def from_proto(cls, project_proto: ProjectProto) -> Project:
        """The project of a message."""
        spec = project_proto.spec
        project = cls(name=spec.name, description=spec.description, tags=dict(spec.tags), owner=spec.owner)
        load_times(project_proto.meta, project, aware=True)
        return project
