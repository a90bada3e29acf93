"""Reads the registry: decodes the objects of a project into definition classes."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

from feast import errors
from feast.entity import DUMMY_ENTITY_NAME
from feast.feature_view import FeatureView
from feast.protos.feast.core.Registry_pb2 import Registry


@dataclass(frozen=True)
class ObjectKind:
    """One kind of object: where the registry keeps it and what it is in Python."""

    field: str
    module: str
    class_name: str
    not_found: Callable[[str, str], Exception]

    def load_class(self) -> Any:
        """The definition class."""
        return getattr(importlib.import_module(self.module), self.class_name)


def _view_not_found(name: str, project: str) -> Exception:
    return errors.FeatureViewNotFoundException(name, project)


# Kind as the core names it -> where and what it is.
KINDS: Dict[str, ObjectKind] = {
    "project": ObjectKind("projects", "feast.project", "Project", errors.ProjectObjectNotFoundException),
    "entity": ObjectKind("entities", "feast.entity", "Entity", errors.EntityNotFoundException),
    "data source": ObjectKind(
        "data_sources", "feast.data_source", "DataSource", errors.DataSourceObjectNotFoundException
    ),
    "feature view": ObjectKind("feature_views", "feast.feature_view", "FeatureView", _view_not_found),
    "stream feature view": ObjectKind(
        "stream_feature_views", "feast.stream_feature_view", "StreamFeatureView", _view_not_found
    ),
    "on demand feature view": ObjectKind(
        "on_demand_feature_views",
        "feast.on_demand_feature_view",
        "OnDemandFeatureView",
        _view_not_found,
    ),
    "label view": ObjectKind("label_views", "feast.labeling.label_view", "LabelView", _view_not_found),
    "feature service": ObjectKind(
        "feature_services", "feast.feature_service", "FeatureService", errors.FeatureServiceNotFoundException
    ),
    "saved dataset": ObjectKind(
        "saved_datasets", "feast.saved_dataset", "SavedDataset", errors.SavedDatasetNotFound
    ),
    "validation reference": ObjectKind(
        "validation_references",
        "feast.saved_dataset",
        "ValidationReference",
        errors.ValidationReferenceNotFound,
    ),
    "permission": ObjectKind(
        "permissions", "feast.permissions.permission", "Permission", errors.PermissionObjectNotFoundException
    ),
}

VIEW_KINDS = ("feature view", "stream feature view", "on demand feature view", "label view")


def name_and_project(message: Any) -> Tuple[str, str]:
    """Name and project of an object's message, whatever its kind."""
    holder = message.spec if "spec" in message.DESCRIPTOR.fields_by_name else message
    if "project" not in holder.DESCRIPTOR.fields_by_name:
        return str(holder.name), str(holder.name)
    return str(holder.name), str(holder.project)


def set_project(message: Any, project: str) -> Any:
    """The message, with the project written where its kind keeps it."""
    holder = message.spec if "spec" in message.DESCRIPTOR.fields_by_name else message
    if "project" in holder.DESCRIPTOR.fields_by_name:
        holder.project = project
    return message


class RegistryReader:
    """The registry as definition objects. Thread-compatible.

    Args:
        read: Gives the serialized registry; its argument says whether to ask the store now.
        project: The project whose objects are seen unless a call names another.
    """

    def __init__(self, read: Callable[[bool], bytes], project: str):
        self._read = read
        self.project = project
        self._bytes: Optional[bytes] = None
        self._parsed = Registry()

    def proto(self, allow_cache: bool = True) -> Registry:
        """The whole registry as a message; do not change it."""
        data = self._read(not allow_cache)
        if data != self._bytes:
            self._parsed = Registry.FromString(data)
            self._bytes = data
        return self._parsed

    def messages(self, kind: str, project: Optional[str] = None, allow_cache: bool = True) -> List[Any]:
        """Messages of all objects of a kind."""
        found = getattr(self.proto(allow_cache), KINDS[kind].field)
        if kind == "project":
            return list(found)
        wanted = project or self.project
        return [message for message in found if name_and_project(message)[1] == wanted]

    def list_objects(
        self,
        kind: str,
        allow_cache: bool = True,
        tags: Optional[Dict[str, str]] = None,
        project: Optional[str] = None,
        hide_dummy_entity: bool = True,
    ) -> List[Any]:
        """All objects of a kind that carry all of `tags`."""
        cls = KINDS[kind].load_class()
        found = [cls.from_proto(message) for message in self.messages(kind, project, allow_cache)]
        if kind == "entity" and hide_dummy_entity:
            found = [entity for entity in found if entity.name != DUMMY_ENTITY_NAME]
        chosen = [item for item in found if has_tags(item, tags)]
        return [without_dummy(item, listed=True) for item in chosen] if hide_dummy_entity else chosen

    def get_object(
        self,
        kind: str,
        name: str,
        allow_cache: bool = True,
        project: Optional[str] = None,
        hide_dummy_entity: bool = True,
    ) -> Any:
        """The object of this name; raises the kind's own error if there is none."""
        for message in self.messages(kind, project, allow_cache):
            if name_and_project(message)[0] == name:
                found = KINDS[kind].load_class().from_proto(message)
                return without_dummy(found) if hide_dummy_entity else found
        raise KINDS[kind].not_found(name, project or self.project)

    # ------------------------------------------------------------ what services resolve references with

    def get_any_feature_view(self, name: str, project: str, allow_cache: bool = False) -> Any:
        """The view of this name, of any kind. Raises FeatureViewNotFoundException."""
        for kind in VIEW_KINDS:
            for message in self.messages(kind, project, allow_cache):
                if message.spec.name == name:
                    return KINDS[kind].load_class().from_proto(message)
        raise errors.FeatureViewNotFoundException(name, project)

    def version_records(self, name: str, project: str, allow_cache: bool = True) -> List[Any]:
        """The stored versions of a view, oldest first."""
        history = self.proto(allow_cache).feature_view_version_history.records
        found = [record for record in history if record.feature_view_name == name and record.project_id == project]
        return sorted(found, key=lambda record: record.version_number)

    def get_feature_view_by_version(
        self, name: str, project: str, version_number: int, allow_cache: bool = False
    ) -> Any:
        """That version of a view. Raises FeatureViewVersionNotFound."""
        for record in self.version_records(name, project, allow_cache):
            if record.version_number == version_number:
                return view_of_record(record)
        raise errors.FeatureViewVersionNotFound(name, f"v{version_number}", project)


def view_of_record(record: Any) -> Any:
    """The view that a version record holds."""
    for kind in VIEW_KINDS:
        cls = KINDS[kind].load_class()
        if record.feature_view_type.replace("_", "").lower() == cls.__name__.lower():
            message = Registry.DESCRIPTOR.fields_by_name[KINDS[kind].field].message_type._concrete_class()
            message.ParseFromString(record.feature_view_proto)
            return cls.from_proto(message)
    raise ValueError(f"a version of '{record.feature_view_name}' is of unknown type {record.feature_view_type}")


def has_tags(item: Any, tags: Optional[Dict[str, str]]) -> bool:
    """Whether the object carries all of `tags`, exactly."""
    own = getattr(item, "tags", None) or {}
    return all(own.get(key) == value for key, value in (tags or {}).items())


def without_dummy(item: Any, listed: bool = False) -> Any:
    """The object; of a feature view without entities, with the hidden one removed, as upstream shows it.

    Args:
        item: Any object; on-demand views keep the hidden entity.
        listed: Whether the object is part of a list: only there upstream hides the key column too.
    """
    if getattr(item, "entities", None) == [DUMMY_ENTITY_NAME] and isinstance(item, FeatureView):
        item.entities = []
        if listed:
            item.entity_columns = []
    return item
