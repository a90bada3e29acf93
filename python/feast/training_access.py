"""Training data: joins as of a time, and saved datasets."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Set, Tuple, Union

from feast.apply_access import ApplyAccess
from feast.arrow_stream import table_of
from feast.entity_frame import event_time_column, event_time_range, feature_references, to_arrow_table, with_utc_times
from feast.errors import EntitySQLEmptyResults
from feast.feature_service import FeatureService
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.moments import micros_or_none
from feast.saved_dataset import SavedDataset, SavedDatasetStorage, ValidationReference
from feast.training_job import TrainingJob

if TYPE_CHECKING:
    import pandas as pd

_EVENT_TIME = "event_timestamp"


class TrainingAccess(ApplyAccess):
    """The part of FeatureStore that reads the offline store."""

    def get_historical_features(
        self,
        entity_df: Any = None,
        features: Union[List[str], FeatureService] = [],  # noqa: B006  upstream's default; never changed
        full_feature_names: bool = False,
        start_date: Optional[datetime] = None,
        end_date: Optional[datetime] = None,
        filter_by_created_timestamp: bool = False,
    ) -> RetrievalJob:
        """Joins features to entity rows, each as of the row's time.

        Args:
            entity_df: pandas, Arrow or Polars table with the join keys and a column of times (`event_timestamp`, or
                the only one); its rows and other columns are kept. Naive times are UTC. With an offline store that
                runs SQL, a query, in which data sources are tables. None: all entities of a range of time.
            features: References `view:feature` (`view@vN:feature`), or a feature service.
            full_feature_names: Whether columns are named `view__feature`.
            start_date: Start of the range, without `entity_df`; inclusive.
            end_date: End of the range, without `entity_df`; inclusive; now if omitted.
            filter_by_created_timestamp: Whether rows that were created after the time asked for are left out.

        Returns:
            A job: `to_df()`, `to_arrow()`, …, which do the work when they are called, on-demand views in Python
            workers.

        Raises:
            ValueError: If both entity rows and a range are given, or there is no column of times.
            FeatureViewNotFoundException: If a view is not registered.
        """
        if entity_df is not None and (start_date is not None or end_date is not None):
            raise ValueError(
                "Cannot specify both entity_df and start_date/end_date. "
                "Use either entity_df for point-in-time joins or start_date/end_date for range retrieval."
            )
        references, service = feature_references(features)
        metadata = self._metadata_of(references, service)
        table = None
        event_time = ""
        if entity_df is not None:
            table, event_time = self._entity_rows(entity_df)
            metadata.keys = [name for name in table.column_names if name != event_time]
            metadata.min_event_timestamp, metadata.max_event_timestamp = event_time_range(table, event_time)
        else:
            end_date = end_date if end_date is not None else datetime.now(timezone.utc)
            metadata.min_event_timestamp, metadata.max_event_timestamp = start_date, end_date
        training = self._native.plan_historical(
            references,
            service,
            full_feature_names,
            filter_by_created_timestamp,
            micros_or_none(start_date),
            micros_or_none(end_date) if entity_df is None else None,
            event_time,
            table.column_names if table is not None else [],
        )
        entity_sql = entity_df if isinstance(entity_df, str) else ""
        return TrainingJob(self._native, training, table, entity_sql, full_feature_names, metadata)

    def _metadata_of(self, references: List[str], service: str) -> RetrievalMetadata:
        if references:
            names = dict.fromkeys(reference.split(":")[0].split("@")[0] for reference in references)
            return RetrievalMetadata(references, keys=[], views=[(name, {}) for name in names])
        projections = self._reader.get_object("feature service", service).feature_view_projections
        references = [f"{one.name_to_use()}:{feature.name}" for one in projections for feature in one.features]
        return RetrievalMetadata(references, keys=[], views=[(one.name, one.join_key_map) for one in projections])

    def _entity_rows(self, entity_df: Any) -> Tuple[Any, str]:
        if isinstance(entity_df, str):
            table = table_of(self._native.query_entity_rows(entity_df))
            if not table.num_rows:
                raise EntitySQLEmptyResults(entity_df)
        else:
            table = to_arrow_table(entity_df)
        event_time = event_time_column(table)
        return with_utc_times(table, event_time, self._native.coerce_tz_aware), event_time

    # ------------------------------------------------------------ saved datasets

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

        Args:
            from_: What `get_historical_features` gave.
            name: Name of the dataset.
            storage: Where its rows are kept.
            tags: Labels.
            feature_service: The service that was asked for, to be recorded.
            allow_overwrite: Whether rows that are there already are replaced.

        Returns:
            The dataset; `to_df()` and `to_arrow()` read the stored rows.

        Raises:
            ValueError: If the job does not know what it was asked for.
            SavedDatasetLocationAlreadyExists: If something is there and must not be overwritten.
        """
        if from_.metadata is None:
            raise ValueError(f"The RetrievalJob {type(from_)} must implement the metadata property.")
        join_keys = self._join_keys_of(from_.metadata.views)
        dataset = SavedDataset(
            name=name,
            features=from_.metadata.features,
            join_keys=[key for key in from_.metadata.keys if not join_keys or key in join_keys],
            full_feature_names=from_.full_feature_names,
            storage=storage,
            tags=tags,
            feature_service_name=feature_service.name if feature_service else None,
        )
        dataset.min_event_timestamp = from_.metadata.min_event_timestamp
        dataset.max_event_timestamp = from_.metadata.max_event_timestamp
        from_.persist(storage, allow_overwrite)
        self.apply(dataset)
        return self._readable(dataset)

    def get_saved_dataset(self, name: str) -> SavedDataset:
        """The saved dataset of a name, whose `to_df()` and `to_arrow()` read the stored rows.

        Raises:
            SavedDatasetNotFound: If there is none of this name.
        """
        return self._readable(self._reader.get_object("saved dataset", name, allow_cache=False))

    def get_validation_reference(self, name: str, allow_cache: bool = False) -> ValidationReference:
        """The validation reference of a name, with the saved dataset that it refers to."""
        reference: ValidationReference = self._reader.get_object("validation reference", name, allow_cache)
        reference._dataset = self.get_saved_dataset(reference.dataset_name)
        return reference

    def create_dataset_from_retrieval(
        self,
        name: str,
        entity_df: Any,
        features: Union[List[str], FeatureService],
        storage: SavedDatasetStorage,
        tags: Optional[Dict[str, str]] = None,
        allow_overwrite: bool = False,
    ) -> SavedDataset:
        """`get_historical_features` and `create_saved_dataset` in one."""
        job = self.get_historical_features(entity_df=entity_df, features=features)
        return self.create_saved_dataset(job, name, storage, tags=tags, allow_overwrite=allow_overwrite)

    def retrieve_dataset_data(self, name: str, limit: int = 10) -> pd.DataFrame:
        """The first `limit` rows of a saved dataset.

        Raises:
            SavedDatasetNotFound: If there is none of this name.
            ValueError: If its rows cannot be read.
        """
        dataset = self.get_saved_dataset(name)
        try:
            return dataset.to_df().head(limit)
        except Exception as problem:
            raise ValueError(f"Unable to load preview for dataset '{name}': {problem}") from problem

    def _join_keys_of(self, views: List[Tuple[str, Dict[str, str]]]) -> Set[str]:
        return {
            join_key_map.get(column.name, column.name)
            for kind in ("feature view", "stream feature view", "label view")
            for message in self._reader.messages(kind)
            for name, join_key_map in views
            if message.spec.name == name
            for column in message.spec.entity_columns
        }

    def _readable(self, dataset: SavedDataset) -> SavedDataset:
        metadata = RetrievalMetadata(
            features=dataset.features,
            keys=dataset.join_keys,
            min_event_timestamp=dataset.min_event_timestamp,
            max_event_timestamp=dataset.max_event_timestamp,
        )
        native = self._native

        def read(progress: Any, timeout: Optional[float]) -> Any:
            return _stored_rows(native, dataset, progress, timeout)

        return dataset.with_retrieval_job(RetrievalJob(native, read, dataset.full_feature_names, metadata))


def _stored_rows(native: Any, dataset: SavedDataset, progress: Any, timeout: Optional[float]) -> Any:
    source = dataset.storage.to_data_source().to_proto().SerializeToString()
    columns = native.describe_source(source)
    names = [name for name, _, _, _ in columns]
    times = [name for name, _, _, is_time in columns if is_time]
    event_time = _EVENT_TIME if _EVENT_TIME in names or len(times) != 1 else times[0]
    features = []
    for reference in dataset.features:
        view, feature = reference.split(":", 1)
        candidates = [feature, f"{view}__{feature}", f"{view.split('@')[0]}__{feature}"]
        ordered = candidates[1:] if dataset.full_feature_names else candidates[:1]
        features += [name for name in ordered if name in names][:1] or ordered[-1:]
    end = dataset.max_event_timestamp
    return native.pull(
        source,
        event_time,
        dataset.join_keys,
        features,
        micros_or_none(dataset.min_event_timestamp),
        micros_or_none(end + timedelta(seconds=1)) if end is not None else None,
        progress,
        timeout,
    )
