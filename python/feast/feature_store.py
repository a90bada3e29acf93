"""The feature store: apply definitions, make training data, load and read the online store."""

from __future__ import annotations

import asyncio
import json
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Union

from feast.data_source import PushMode
from feast.definitions_access import DefinitionsAccess
from feast.entity_frame import (
    DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL,
    entity_columns_of,
    event_time_column,
    feature_references,
    time_range,
    to_arrow_table,
    with_utc_times,
)
from feast.feature_service import FeatureService
from feast.inference import SchemaReader
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata, SourceRows
from feast.online_response import OnlineResponse
from feast.protos.feast.core.Registry_pb2 import Registry
from feast.protos.feast.serving.ServingService_pb2 import GetOnlineFeaturesResponse
from feast.registry_builder import build_registry, kind_of
from feast.registry_reader import KINDS, RegistryReader, name_and_project
from feast.repo_config import RepoConfig
from feast.saved_dataset import SavedDataset, SavedDatasetStorage

if TYPE_CHECKING:

    from feast.protos.feast.types.Value_pb2 import RepeatedValue

_PUSH_MODES = {PushMode.ONLINE: 0, PushMode.OFFLINE: 1, PushMode.ONLINE_AND_OFFLINE: 2}


class FeatureStore(DefinitionsAccess):
    """A repository, opened.

    Work is done by the C++ core, without the GIL; one object may be used from many threads, but not in a process
    forked after it was made.

    Args:
        repo_path: Folder with `feature_store.yaml`; the current folder if nothing else is given.
        config: Configuration as an object, instead of a file.
        fs_yaml_file: Path of the configuration file, instead of the one in `repo_path`.
        embedding_provider: Not used yet.

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
        from feast._native import NativeFeatureStore

        if fs_yaml_file is not None and config is not None:
            raise ValueError("You cannot specify both fs_yaml_file and config.")
        folder = Path(repo_path) if repo_path is not None else Path.cwd()
        text = None
        if config is not None:
            folder = Path(config.repo_path or folder)
            text = json.dumps(config.to_dict())  # JSON is YAML
        self.repo_path = folder
        self._native = NativeFeatureStore(
            str(folder.absolute()), str(fs_yaml_file) if fs_yaml_file is not None else None, text
        )
        for warning in self._native.warnings:
            warnings.warn(warning, UserWarning, stacklevel=2)
        self._config = config
        self._reader = RegistryReader(self._native.registry_bytes, self._native.project)

    def __repr__(self) -> str:
        return f"FeatureStore(repo_path={str(self.repo_path)!r}, project={self.project!r})"

    @property
    def project(self) -> str:
        """Name of the project."""
        return str(self._native.project)

    @property
    def config(self) -> RepoConfig:
        """The configuration."""
        if self._config is None:
            settings = dict(self._native.settings or {})
            self._config = RepoConfig(repo_path=Path(self._native.repo_path), **settings)
        return self._config

    @property
    def registry(self) -> RegistryReader:
        """The registry, to be read."""
        return self._reader

    def refresh_registry(self) -> None:
        """Reads the registry now, whatever the age of the cache."""
        self._reader.proto(allow_cache=False)

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
            objects_to_delete: Definitions to remove; only with `partial=False`.
            partial: Whether `objects_to_delete` is ignored.
            skip_feature_view_validation: Accepted; views are always checked.
            no_promote: Whether new versions of views are saved without being made current.

        Raises:
            ValueError: If an object is of no known kind or a definition is not valid.
            ConflictingFeatureViewNames: If views have names that differ in case only.
            RegistryInferenceFailure: If schema or event time are missing and cannot be found out.
        """
        chosen = objects if isinstance(objects, (list, tuple, set)) else [objects]
        desired = self._desired(list(chosen))
        doomed = [] if partial else objects_to_delete or []
        if not doomed:
            self._native.apply(desired.SerializeToString(), True, no_promote)
            return
        self._keep_registered(desired, {(kind_of(item), item.name) for item in doomed})
        self._native.apply(desired.SerializeToString(), False, no_promote)

    def plan(self, desired_repo_contents: Any, skip_feature_view_validation: bool = False) -> Any:
        """What `feast apply` of a whole repository would do.

        Args:
            desired_repo_contents: A `RepoContents`, or a list of definitions.
            skip_feature_view_validation: Accepted; views are always checked.

        Returns:
            Changes as (kind of change, kind, name, differing fields), views whose online tables are created, and
            those whose tables are dropped. Kinds of change: 0 create, 1 update, 2 delete, 3 unchanged.
        """
        contents = desired_repo_contents
        objects = contents if isinstance(contents, list) else contents.objects()
        return self._native.plan(self._desired(objects).SerializeToString(), False, False)

    def _desired(self, objects: List[Any]) -> Registry:
        return build_registry(objects, self.project, self._reader, SchemaReader(self._native.describe_source))

    # Everything registered that is neither applied nor removed, so that nothing else goes by absence.
    def _keep_registered(self, desired: Registry, doomed: Any) -> None:
        for kind, facts in KINDS.items():
            target = getattr(desired, facts.field)
            named = {name_and_project(message)[0] for message in target}
            for message in self._reader.messages(kind, allow_cache=False):
                name = name_and_project(message)[0]
                if name in named or (kind, name) in doomed or (kind == "project" and name != self.project):
                    continue
                target.append(message)

    def teardown(self) -> None:
        """Drops the online tables of the project and empties the registry."""
        self._native.teardown()

    # ------------------------------------------------------------ offline

    def get_historical_features(
        self,
        entity_df: Any = None,
        features: Union[List[str], FeatureService, None] = None,
        full_feature_names: bool = False,
        start_date: Optional[datetime] = None,
        end_date: Optional[datetime] = None,
        filter_by_created_timestamp: bool = False,
    ) -> RetrievalJob:
        """Joins features to entity rows, each as of the row's time.

        Args:
            entity_df: pandas, Arrow or Polars table with the join keys and a column of times (`event_timestamp`, or
                the only one); its rows and other columns are kept. Naive times are UTC. None: all entities of a
                range of time.
            features: References `view:feature` (`view@vN:feature`), or a feature service.
            full_feature_names: Whether columns are named `view__feature`.
            start_date: Start of the range, without `entity_df`; inclusive.
            end_date: End of the range, without `entity_df`; inclusive; now if omitted.
            filter_by_created_timestamp: Whether rows that were created after the time asked for are left out.

        Returns:
            A job: `to_df()`, `to_arrow()`, ….

        Raises:
            ValueError: If both entity rows and a range are given, or there is no column of times.
            FeatureViewNotFoundException: If a view is not registered.
        """
        if entity_df is not None and (start_date is not None or end_date is not None):
            raise ValueError(
                "Cannot specify both entity_df and start_date/end_date. "
                "Use either entity_df for point-in-time joins or start_date/end_date for range retrieval."
            )
        references, service = feature_references(features if features is not None else [])
        wanted = references or _references_of(features)
        metadata = RetrievalMetadata(features=wanted, keys=[])
        table = None
        event_time = ""
        if entity_df is not None:
            table, event_time = self._entity_rows(entity_df)
            metadata.keys = [name for name in table.column_names if name != event_time]
            metadata.min_event_timestamp, metadata.max_event_timestamp = time_range(table, event_time)
        elif end_date is None:
            end_date = datetime.now(timezone.utc)
        if entity_df is None:
            metadata.min_event_timestamp, metadata.max_event_timestamp = start_date, end_date
        stream, steps = self._native.get_historical(
            references,
            service,
            full_feature_names,
            filter_by_created_timestamp,
            _micros(start_date) if start_date is not None else None,
            _micros(end_date) if end_date is not None else None,
            event_time,
            table,
        )
        return RetrievalJob(self._native, stream, steps, full_feature_names, metadata)

    def _entity_rows(self, entity_df: Any) -> Any:
        if isinstance(entity_df, str):
            raise ValueError(
                f"Please provide an entity_df of type pandas.DataFrame instead of type {type(entity_df)}: "
                f"the offline store '{self._native.offline_store_type}' does not run SQL"
            )
        table = to_arrow_table(entity_df)
        event_time = event_time_column(table)
        return with_utc_times(table, event_time, self._native.coerce_tz_aware), event_time

    def create_saved_dataset(
        self,
        from_: RetrievalJob,
        name: str,
        storage: SavedDatasetStorage,
        tags: Optional[Dict[str, str]] = None,
        feature_service: Optional[FeatureService] = None,
        allow_overwrite: bool = False,
    ) -> SavedDataset:
        """Writes the rows of a job to `storage` and registers them under `name`.

        Raises:
            ValueError: If the job does not know what it was asked for.
            SavedDatasetLocationAlreadyExists: If something is there and must not be overwritten.
        """
        if from_.metadata is None:
            raise ValueError(f"The RetrievalJob {type(from_)} must implement the metadata property.")
        dataset = SavedDataset(
            name=name,
            features=from_.metadata.features,
            join_keys=self._join_keys_among(from_.metadata),
            full_feature_names=from_.full_feature_names,
            storage=storage,
            tags=tags,
            feature_service_name=feature_service.name if feature_service else None,
        )
        dataset.min_event_timestamp = from_.metadata.min_event_timestamp
        dataset.max_event_timestamp = from_.metadata.max_event_timestamp
        from_.persist(storage, allow_overwrite)
        self.apply(dataset)
        return dataset.with_retrieval_job(self._saved_rows(dataset))

    def get_saved_dataset(self, name: str) -> SavedDataset:
        """The saved dataset of a name, with its rows: `to_df()`, `to_arrow()`.

        Raises:
            SavedDatasetNotFound: If there is none of this name.
        """
        dataset = super().get_saved_dataset(name)
        return dataset.with_retrieval_job(self._saved_rows(dataset))

    # Columns of the entity rows that the views are joined on; the others are labels and request data.
    def _join_keys_among(self, metadata: RetrievalMetadata) -> List[str]:
        views = {reference.split(":")[0].split("@")[0] for reference in metadata.features}
        keys = {
            key for view in self.list_feature_views(allow_cache=True) if view.name in views for key in view.join_keys
        }
        return [key for key in metadata.keys if key in keys] if keys else list(metadata.keys)

    def _saved_rows(self, dataset: SavedDataset) -> RetrievalJob:
        def column(reference: str) -> str:
            view, feature = reference.split(":")
            return f"{view.split('@')[0]}__{feature}" if dataset.full_feature_names else feature

        first, last = dataset.min_event_timestamp, dataset.max_event_timestamp
        rows = SourceRows(
            self._native,
            dataset.storage.to_data_source().to_proto().SerializeToString(),
            DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL,
            dataset.join_keys,
            [column(reference) for reference in dataset.features],
            _micros(first) if first else None,
            _micros(last + timedelta(seconds=1)) if last else None,
        )
        metadata = RetrievalMetadata(dataset.features, dataset.join_keys, first, last)
        return RetrievalJob(self._native, rows, [], dataset.full_feature_names, metadata)

    # ------------------------------------------------------------ writing

    def materialize(
        self,
        start_date: datetime,
        end_date: datetime,
        feature_views: Optional[List[str]] = None,
        disable_event_timestamp: bool = False,
        full_feature_names: bool = False,
        version: Optional[str] = None,
        force: bool = False,
        run_async: bool = False,
    ) -> None:
        """Loads the rows of a range of time into the online store and records the range.

        Args:
            start_date: Start, inclusive; naive is UTC.
            end_date: End, inclusive; naive is UTC.
            feature_views: Names of views; all online ones if omitted.
            disable_event_timestamp: Accepted; event times are written as the source has them.
            full_feature_names: Accepted; names in the store do not depend on it.
            version: `vN`: loads that version's table; one view only.
            force: Accepted; a run left behind does not block the next.
            run_async: Accepted; the call returns when the work is done.

        Raises:
            ValueError: If `start_date` is after `end_date`.
            FeatureViewNotFoundException: If a named view is not registered.
        """
        start, end = _aware(start_date), _aware(end_date)
        if start > end:
            raise ValueError(f"The given start_date {start} is greater than the given end_date {end}.")
        self._native.materialize(_micros(start), _micros(end), feature_views or [], version or "")

    def materialize_incremental(
        self,
        end_date: datetime,
        feature_views: Optional[List[str]] = None,
        full_feature_names: bool = False,
        version: Optional[str] = None,
        force: bool = False,
        run_async: bool = False,
    ) -> None:
        """Loads into the online store what came since the last materialization, see `materialize`.

        A view that was never materialized starts at now − ttl, or a year ago without a ttl.
        """
        self._native.materialize(None, _micros(end_date), feature_views or [], version or "")

    def push(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
        transform_on_write: bool = True,
    ) -> None:
        """Writes rows to every view that is fed by a push source.

        Args:
            push_source_name: Name of the source.
            df: pandas, Arrow or Polars table with join keys, features and event time.
            allow_registry_cache: Whether definitions may come from the cache.
            to: Which stores.
            transform_on_write: Accepted.

        Raises:
            PushSourceNotFoundException: If no view is fed by it.
        """
        self._before_write(allow_registry_cache)
        self._native.push(push_source_name, to_arrow_table(df), _PUSH_MODES[to])

    async def push_async(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
        transform_on_write: bool = True,
    ) -> None:
        """`push`, on a thread."""
        await asyncio.to_thread(self.push, push_source_name, df, allow_registry_cache, to, transform_on_write)

    def write_to_online_store(
        self,
        feature_view_name: str,
        df: Any = None,
        inputs: Optional[Dict[str, List[Any]]] = None,
        allow_registry_cache: bool = True,
        transform_on_write: bool = True,
    ) -> None:
        """Writes rows to the online table of one view; without rows it warns and does nothing.

        Args:
            feature_view_name: Name of the view.
            df: pandas, Arrow or Polars table with join keys, all features and event time.
            inputs: The same as a dict of lists.
            allow_registry_cache: Whether definitions may come from the cache.
            transform_on_write: Accepted.

        Raises:
            ValueError: If both or neither of `df` and `inputs` are given.
        """
        if df is not None and inputs is not None:
            raise ValueError("Both df and inputs cannot be provided at the same time.")
        rows = df if df is not None else inputs
        if rows is None:
            raise ValueError("Either df or inputs must be provided.")
        table = to_arrow_table(rows)
        if table.num_rows == 0:
            warnings.warn("Cannot write empty dataframe to online store", UserWarning, stacklevel=2)
            return
        self._before_write(allow_registry_cache)
        self._native.write_online(feature_view_name, table)

    async def write_to_online_store_async(
        self, feature_view_name: str, df: Any = None, inputs: Any = None, allow_registry_cache: bool = True
    ) -> None:
        """`write_to_online_store`, on a thread."""
        await asyncio.to_thread(self.write_to_online_store, feature_view_name, df, inputs, allow_registry_cache)

    def write_to_offline_store(
        self, feature_view_name: str, df: Any, allow_registry_cache: bool = True, reorder_columns: bool = True
    ) -> None:
        """Appends rows to the batch source of a view.

        Args:
            feature_view_name: Name of the view.
            df: pandas, Arrow or Polars table with exactly the columns of the source.
            allow_registry_cache: Whether definitions may come from the cache.
            reorder_columns: Accepted; columns are matched by name.

        Raises:
            ValueError: If the columns are others; the text lists them.
        """
        self._before_write(allow_registry_cache)
        self._native.write_offline(feature_view_name, to_arrow_table(df))

    def _before_write(self, allow_registry_cache: bool) -> None:
        if not allow_registry_cache:
            self.refresh_registry()

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


def _aware(moment: Union[datetime, str]) -> datetime:
    value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _micros(moment: Union[datetime, str]) -> int:
    passed = _aware(moment) - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _references_of(features: Any) -> List[str]:
    """References of all features of a service."""
    return [
        f"{projection.name_to_use()}:{feature.name}"
        for projection in features.feature_view_projections
        for feature in projection.features
    ]
