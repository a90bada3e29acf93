"""Applying definitions, and what that would change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple, Union

from feast.diff.infra_diff import InfraDiff, infra_diff
from feast.diff.registry_diff import RegistryDiff, registry_diff
from feast.inference import SchemaReader
from feast.infra.infra_object import Infra
from feast.protos.feast.core.Registry_pb2 import Registry
from feast.registry_builder import build_registry, kind_of
from feast.repo_operations import RepoContents
from feast.store_handle import StoreHandle


class ApplyAccess(StoreHandle):
    """The part of FeatureStore that changes the registry as a whole."""

    def apply(
        self,
        objects: Any,
        objects_to_delete: Optional[List[Any]] = None,
        partial: bool = True,
        skip_feature_view_validation: bool = False,
        no_promote: bool = False,
    ) -> None:
        """Registers definitions and makes the online tables they need.

        Args:
            objects: A definition or a list of them.
            objects_to_delete: Definitions to remove in the same commit; only with `partial=False`.
            partial: Whether `objects_to_delete` is ignored.
            skip_feature_view_validation: Whether views whose names differ in case only are let through.
            no_promote: Whether new versions of views are saved without being made current.

        On-demand views are run once on sample input, in the way in which workers will run them.

        Raises:
            ValueError: If an object is of no known kind or a definition is not valid.
            ConflictingFeatureViewNames: If views have names that differ in case only.
            DataSourceRepeatNamesException: If sources have.
            RegistryInferenceFailure: If schema or event time are missing and cannot be found out.
            SpecifiedFeaturesNotPresentError: If an on-demand view does not give a feature that it declares.
        """
        chosen = objects if isinstance(objects, (list, tuple, set)) else [objects]
        desired = self._desired(list(chosen), skip_feature_view_validation)
        removals = [] if partial else [(kind_of(item), item.name) for item in objects_to_delete or []]
        self._native.apply(desired.SerializeToString(), True, no_promote, skip_feature_view_validation, removals)

    def plan(
        self,
        desired_repo_contents: Union[RepoContents, List[Any]],
        skip_feature_view_validation: bool = False,
        progress_ctx: Any = None,
    ) -> Tuple[RegistryDiff, InfraDiff, Infra]:
        """What `feast apply` of a whole repository would do; changes nothing.

        Args:
            desired_repo_contents: A `RepoContents`, or a list of definitions.
            skip_feature_view_validation: As for `apply`.
            progress_ctx: Changes nothing: a plan is quick.

        Returns:
            Changes of objects, changes of online tables, and the tables that there will be. Both changes have
            `to_string()`.

        Raises:
            ValueError: As `apply`.
        """
        contents = desired_repo_contents
        objects = contents if isinstance(contents, list) else contents.objects()
        desired = self._desired(objects, skip_feature_view_validation)
        native = self._native
        changes, created, dropped = native.plan(
            desired.SerializeToString(), False, False, skip_feature_view_validation
        )
        current = self._reader.proto(allow_cache=False)
        path = str((Path(native.repo_path) / (self.config.online_store or {}).get("path", "data/online.db")).absolute())
        tables = infra_diff(
            Infra.from_proto(current.infra), created, dropped, native.online_store_type, path, self.project
        )
        return (registry_diff(changes, current, desired, self.project), *tables)

    def _desired(self, objects: List[Any], skip_validation: bool = False) -> Registry:
        schemas = SchemaReader(self._native.describe_source)
        native_settings = self.config.settings.get("native") or {}
        return build_registry(
            objects,
            self.project,
            self._reader,
            schemas,
            skip_validation=skip_validation,
            repo_path=self.repo_path if (self.repo_path / "feature_store.yaml").is_file() else None,
            allow_pickled=bool((native_settings.get("on_demand") or {}).get("allow_pickled")),
        )

    def teardown(self) -> None:
        """Drops the online tables of the project and empties the registry."""
        self._native.teardown()
