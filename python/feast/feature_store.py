"""The feature store: apply definitions, make training data, load and read the online store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from feast.definitions_access import DefinitionsAccess
from feast.diff.infra_diff import InfraDiff, infra_diff
from feast.diff.registry_diff import RegistryDiff, registry_diff
from feast.entity_frame import entity_columns_of, feature_references
from feast.feature_service import FeatureService
from feast.inference import SchemaReader
from feast.infra.infra_object import Infra
from feast.online_response import OnlineResponse
from feast.protos.feast.core.Registry_pb2 import Registry
from feast.protos.feast.serving.ServingService_pb2 import GetOnlineFeaturesResponse
from feast.registry_builder import build_registry, kind_of
from feast.repo_config import RepoConfig
from feast.repo_operations import RepoContents
from feast.saved_dataset import SavedDataset
from feast.server_access import ServerAccess
from feast.training_access import TrainingAccess
from feast.writing_access import WritingAccess

if TYPE_CHECKING:
    from feast.protos.feast.types.Value_pb2 import RepeatedValue


class FeatureStore(DefinitionsAccess, TrainingAccess, WritingAccess, ServerAccess):
    """A repository, opened.

    Work is done by the C++ core, without the GIL; one object may be used from many threads, but not in a process
    forked after it was made.

    Args:
        repo_path: Folder with `feature_store.yaml`; the current folder if nothing else is given.
        config: Configuration as an object, instead of a file.
        fs_yaml_file: Path of the configuration file, instead of the one in `repo_path`.
        embedding_provider: Makes vectors of texts for vector search, which is not supported yet; kept.

    Raises:
        ValueError: If both `config` and `fs_yaml_file` are given.
        FeastConfigError: If the configuration is wrong; the text names file, line and key.
    """

    def __init__(
        self,
        repo_path: Optional[str] = None,
        config: Optional[RepoConfig] = None,
        fs_yaml_file: Optional[Path] = None,
        embedding_provider: Any = None,
    ):
        self.embedding_provider = embedding_provider
        self._open(repo_path, config, fs_yaml_file)

    def __repr__(self) -> str:
        return f"FeatureStore(repo_path={str(self.repo_path)!r}, project={self.project!r})"

    # ------------------------------------------------------------ definitions

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

    def _register(self, dataset: SavedDataset) -> None:
        self.apply(dataset)

    def teardown(self) -> None:
        """Drops the online tables of the project and empties the registry."""
        self._native.teardown()

    # ------------------------------------------------------------ reading online

    def get_online_features(
        self,
        features: Union[List[str], FeatureService],
        entity_rows: Union[List[Dict[str, Any]], Mapping[str, Union[Sequence[Any], RepeatedValue]]],
        full_feature_names: bool = False,
        include_feature_view_version_metadata: bool = False,
    ) -> OnlineResponse:
        """The newest features of entities.

        Args:
            features: References `view:feature` (`view@vN:feature`), or a feature service.
            entity_rows: One dict a row (join key or request datum to value), or a dict of columns.
            full_feature_names: Whether columns are named `view__feature`.
            include_feature_view_version_metadata: Whether the answer names the versions it was read from.

        Returns:
            The answer, with as many rows as were asked for.

        Raises:
            FeatureViewNotFoundException: If a view is not registered.
            KeyError: If a feature does not exist or no join key of a view is given.
            ValueError: If rows do not fit together.
        """
        references, service = feature_references(features)
        data = self._native.get_online(
            references,
            service,
            entity_columns_of(entity_rows),
            full_feature_names,
            include_feature_view_version_metadata,
        )
        return OnlineResponse(GetOnlineFeaturesResponse.FromString(data))

    async def get_online_features_async(
        self,
        features: Union[List[str], FeatureService],
        entity_rows: Any,
        full_feature_names: bool = False,
        include_feature_view_version_metadata: bool = False,
    ) -> OnlineResponse:
        """`get_online_features`, on a thread."""
        return await asyncio.to_thread(
            self.get_online_features,
            features,
            entity_rows,
            full_feature_names,
            include_feature_view_version_metadata,
        )

    async def initialize(self) -> None:
        """Nothing to warm up: clients connect when they are first used."""

    async def close(self) -> None:
        """Nothing to close: connections end with the object."""
