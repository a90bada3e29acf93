"""Listing, fetching, removing and switching of registered definitions."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from feast.batch_feature_view import BatchFeatureView
from feast.data_source import DataSource
from feast.entity import Entity
from feast.feature_service import FeatureService
from feast.feature_view import FeatureView, FeatureViewState
from feast.labeling.label_view import LabelView
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.permissions.permission import Permission
from feast.project import Project
from feast.proto_time import to_datetime
from feast.registry_reader import has_tags
from feast.saved_dataset import SavedDataset, ValidationReference
from feast.store_handle import StoreHandle
from feast.stream_feature_view import StreamFeatureView

Tags = Optional[Dict[str, str]]

_VIEW_KINDS = ("feature view", "stream feature view", "on demand feature view", "label view")


class DefinitionsAccess(StoreHandle):
    """The part of FeatureStore that reads and edits single definitions.

    Every `list_…` gives the objects of the project that carry all of `tags`; every `get_…` gives the one of a name and
    raises the error of its kind, such as EntityNotFoundException, if there is none. The hidden entity of views without
    entities is not shown. Without `allow_cache` (`allow_registry_cache`) the registry is read anew.
    """

    def list_projects(self, allow_cache: bool = False, tags: Tags = None) -> List[Project]:
        """All projects of the registry."""
        return self._reader.list_objects("project", allow_cache, tags)

    def list_entities(self, allow_cache: bool = False, tags: Tags = None) -> List[Entity]:
        """All entities."""
        return self._reader.list_objects("entity", allow_cache, tags)

    def list_data_sources(self, allow_cache: bool = False, tags: Tags = None) -> List[DataSource]:
        """All data sources."""
        return self._reader.list_objects("data source", allow_cache, tags)

    def list_feature_views(self, allow_cache: bool = False, tags: Tags = None) -> List[FeatureView]:
        """All plain and batch feature views."""
        return self._reader.list_objects("feature view", allow_cache, tags)

    def list_batch_feature_views(self, allow_cache: bool = False, tags: Tags = None) -> List[BatchFeatureView]:
        """All batch feature views."""
        return [view for view in self.list_feature_views(allow_cache, tags) if isinstance(view, BatchFeatureView)]

    def list_stream_feature_views(self, allow_cache: bool = False, tags: Tags = None) -> List[StreamFeatureView]:
        """All stream feature views."""
        return self._reader.list_objects("stream feature view", allow_cache, tags)

    def list_on_demand_feature_views(
        self, allow_cache: bool = False, tags: Tags = None
    ) -> List[OnDemandFeatureView]:
        """All on-demand feature views."""
        return self._reader.list_objects("on demand feature view", allow_cache, tags)

    def list_label_views(self, allow_cache: bool = False, tags: Tags = None) -> List[LabelView]:
        """All label views."""
        return self._reader.list_objects("label view", allow_cache, tags)

    def list_all_feature_views(self, allow_cache: bool = False, tags: Tags = None) -> List[Any]:
        """All views of all kinds."""
        return [view for kind in _VIEW_KINDS for view in self._reader.list_objects(kind, allow_cache, tags)]

    def list_feature_services(self, tags: Tags = None, allow_cache: bool = False) -> List[FeatureService]:
        """All feature services."""
        return self._reader.list_objects("feature service", allow_cache, tags)

    def list_permissions(self, allow_cache: bool = False, tags: Tags = None) -> List[Permission]:
        """All permissions."""
        return self._reader.list_objects("permission", allow_cache, tags)

    def list_saved_datasets(
        self,
        allow_cache: bool = False,
        tags: Tags = None,
        namespace: Optional[str] = None,
        collection: Optional[str] = None,
    ) -> List[SavedDataset]:
        """All saved datasets, of one namespace and collection if given."""
        found = self._reader.list_objects("saved dataset", allow_cache, tags)
        return [
            item
            for item in found
            if (namespace is None or getattr(item, "namespace", None) == namespace)
            and (collection is None or getattr(item, "collection", None) == collection)
        ]

    def list_validation_references(self, allow_cache: bool = False, tags: Tags = None) -> List[ValidationReference]:
        """All validation references."""
        return self._reader.list_objects("validation reference", allow_cache, tags)

    def list_feature_view_versions(self, name: str) -> List[Dict[str, Any]]:
        """The stored versions of a view, oldest first.

        Returns:
            Dicts with `version` ("v0"), `version_number`, `feature_view_type`, `created_timestamp` and `version_id`.
        """
        records = self._reader.version_records(name, self._reader.project, allow_cache=False)
        return [
            {
                "version": f"v{record.version_number}",
                "version_number": record.version_number,
                "feature_view_type": record.feature_view_type,
                "created_timestamp": to_datetime(record.created_timestamp),
                "version_id": record.version_id,
            }
            for record in records
        ]

    # ------------------------------------------------------------ one by name

    def get_project(self, name: Optional[str] = None) -> Project:
        """The project of a name; the store's own if omitted."""
        return self._reader.get_object("project", name or self.project, allow_cache=False)

    def get_entity(self, name: str, allow_registry_cache: bool = False) -> Entity:
        """The entity of a name."""
        return self._reader.get_object("entity", name, allow_registry_cache)

    def get_data_source(self, name: str, allow_registry_cache: bool = False) -> DataSource:
        """The data source of a name."""
        return self._reader.get_object("data source", name, allow_registry_cache)

    def get_feature_view(self, name: str, allow_registry_cache: bool = False) -> FeatureView:
        """The plain or batch feature view of a name."""
        return self._reader.get_object("feature view", name, allow_registry_cache)

    def get_batch_feature_view(self, name: str, allow_registry_cache: bool = False) -> Any:
        """The same as `get_feature_view`."""
        return self.get_feature_view(name, allow_registry_cache)

    def get_stream_feature_view(self, name: str, allow_registry_cache: bool = False) -> StreamFeatureView:
        """The stream feature view of a name."""
        return self._reader.get_object("stream feature view", name, allow_registry_cache)

    def get_on_demand_feature_view(self, name: str, allow_registry_cache: bool = False) -> OnDemandFeatureView:
        """The on-demand feature view of a name."""
        return self._reader.get_object("on demand feature view", name, allow_registry_cache)

    def get_label_view(self, name: str, allow_registry_cache: bool = False) -> LabelView:
        """The label view of a name."""
        return self._reader.get_object("label view", name, allow_registry_cache)

    def get_feature_service(self, name: str, allow_cache: bool = False) -> FeatureService:
        """The feature service of a name."""
        return self._reader.get_object("feature service", name, allow_cache)

    def get_permission(self, name: str) -> Permission:
        """The permission of a name."""
        return self._reader.get_object("permission", name, allow_cache=False)

    # ------------------------------------------------------------ edits

    def delete_feature_view(self, name: str) -> None:
        """Removes a view of any kind from the registry, with its versions. Its online table stays, as upstream.

        Raises:
            FeatureViewNotFoundException: If there is none of this name.
        """
        for kind in _VIEW_KINDS:
            if any(message.spec.name == name for message in self._reader.messages(kind, allow_cache=False)):
                self._native.delete_object(kind, name)
                return
        self._native.delete_object("feature view", name)

    def delete_feature_service(self, name: str) -> None:
        """Removes a feature service from the registry.

        Raises:
            FeatureServiceNotFoundException: If there is none of this name.
        """
        self._native.delete_object("feature service", name)

    def delete_project(self, name: str, commit: bool = True) -> None:
        """Removes a project and all its definitions from the registry.

        Args:
            name: Name of the project.
            commit: Must be True: a change that is not written cannot be written later.

        Raises:
            ProjectObjectNotFoundException: If there is none of this name.
            ValueError: If it is protected by the tag `feast.dev/protected-project`, or `commit` is False.
        """
        if not commit:
            raise ValueError("commit=False is not possible: each change of the registry is written at once.")
        project = self.get_project(name)
        if has_tags(project, {"feast.dev/protected-project": "true"}):
            raise ValueError(f"Project {name} is protected and cannot be deleted.")
        self._native.delete_object("project", name)

    def enable_feature_view(self, name: str) -> None:
        """Lets a view serve and be materialized again."""
        self._native.set_view_enabled(name, True)

    def disable_feature_view(self, name: str) -> None:
        """Keeps a view from serving and from being materialized."""
        self._native.set_view_enabled(name, False)

    def set_feature_view_state(self, name: str, state: FeatureViewState) -> None:
        """Sets where a view is in its life."""
        self._native.set_view_state(name, int(state))
