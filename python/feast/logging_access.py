"""Logs of served features: written from Python, and checked against a profile."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from feast.dqm.errors import ValidationFailed
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.feature_service import FeatureService
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.moments import micros_or_none
from feast.saved_dataset import ValidationReference
from feast.training_access import TrainingAccess

if TYPE_CHECKING:
    import pyarrow


class LoggingAccess(TrainingAccess):
    """The part of FeatureStore that handles logs of served features."""

    def write_logged_features(self, logs: Union[pyarrow.Table, Path], source: FeatureService) -> None:
        """Appends rows to the log of a feature service.

        Args:
            logs: Arrow table with the columns of `FeatureServiceLoggingSource.get_schema`, or a Parquet file or folder
                with them.
            source: The service; its logging configuration says where its rows are kept.

        Raises:
            ValueError: If `source` is no feature service, has no logging configuration, or the columns are others.
        """
        config = _config_of(source)
        if isinstance(logs, Path):
            import pyarrow.parquet

            logs = pyarrow.parquet.read_table(logs)
        schema = FeatureServiceLoggingSource(source, self.project).get_schema(self.registry)
        absent = [name for name in schema.names if name not in logs.column_names]
        if absent:
            raise ValueError(f"The logs of feature service {source.name} lack columns: {', '.join(absent)}.")
        self._native.write_logs(config.to_proto().SerializeToString(), logs.select(schema.names).cast(schema))

    def validate_logged_features(
        self,
        source: FeatureService,
        start: datetime,
        end: datetime,
        reference: ValidationReference,
        throw_exception: bool = True,
        cache_profile: bool = True,
    ) -> Optional[ValidationFailed]:
        """Checks what a feature service has logged against the profile of a saved dataset.

        Args:
            source: The service.
            start: Earliest time of an answer.
            end: Latest time of an answer.
            reference: The dataset and its profiler.
            throw_exception: Whether a failure is raised, not returned.
            cache_profile: Whether the profile is kept in the registry after a success.

        Returns:
            The failure, or None.

        Raises:
            ValidationFailed: If the rows do not fit and `throw_exception` is set.
            ValueError: If `source` is no feature service or has no logging configuration.
        """
        try:
            table = self._logged_rows(source, start, end).to_arrow(validation_reference=reference)
        except ValidationFailed as failure:
            if throw_exception:
                raise
            return failure
        print(f"{table.num_rows} rows were validated.")
        if cache_profile:
            self.apply(reference)
        return None

    def _logged_rows(self, service: FeatureService, start: datetime, end: datetime) -> RetrievalJob:
        logs = FeatureServiceLoggingSource(service, self.project)
        config = _config_of(service)
        destination = config.to_proto().SerializeToString()
        source = config.destination.to_data_source().to_proto().SerializeToString()
        native = self._native

        def read(progress: Any, timeout: Optional[float]) -> Any:
            columns = logs.get_schema(self.registry).names
            bounds = (micros_or_none(start), micros_or_none(end))
            return native.pull_logs(destination, source, columns, *bounds, progress, timeout)

        return RetrievalJob(native, read, True, RetrievalMetadata([], [], start, end))


def _config_of(source: FeatureService) -> LoggingConfig:
    if not isinstance(source, FeatureService):
        raise ValueError("Only feature service is currently supported as a source")
    if source.logging_config is None:
        raise ValueError(
            "Feature service must be configured with logging config in order to use this functionality"
        )
    return source.logging_config
