"""The feature store: apply definitions, make training data, load and read the online store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Union

from feast.definitions_access import DefinitionsAccess
from feast.entity_frame import entity_columns_of, feature_references
from feast.feature_service import FeatureService
from feast.logging_access import LoggingAccess
from feast.online_response import OnlineResponse
from feast.protos.feast.serving.ServingService_pb2 import GetOnlineFeaturesResponse
from feast.repo_config import RepoConfig
from feast.server_access import ServerAccess
from feast.writing_access import WritingAccess

if TYPE_CHECKING:
    from feast.protos.feast.types.Value_pb2 import RepeatedValue


class FeatureStore(DefinitionsAccess, LoggingAccess, WritingAccess, ServerAccess):
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
