"""MLflow datasets and run artifacts as a data source."""

from __future__ import annotations

from typing import Any, Dict, Optional

from feast.data_source import DataSource, name_or, shared_arguments
from feast.infra.offline_stores.custom_source import CustomSource


class MlflowDatasetSource(CustomSource):
    """An MLflow dataset, or a table among the artifacts of a run.

    Args:
        name: Name, unique in the project.
        dataset_name: Name of the dataset.
        dataset_id: Id of the dataset.
        run_id: Run that has the artifact.
        artifact_path: Path of the artifact in the run.
        artifact_format: `parquet` or `csv`.
        batch_source: Source that rows are written to.
        tracking_uri: Address of the tracking server.

    The other arguments are those of `DataSource`.

    Raises:
        ValueError: If neither dataset nor artifact is given.
        DataSourceNoNameException: If there is no name.
    """

    _further_arguments = ()
    _setting_names = (
        "dataset_name",
        "dataset_id",
        "run_id",
        "artifact_path",
        "artifact_format",
        "tracking_uri",
    )

    def __init__(
        self,
        *,
        name: Optional[str] = None,
        dataset_name: Optional[str] = None,
        dataset_id: Optional[str] = None,
        run_id: Optional[str] = None,
        artifact_path: Optional[str] = None,
        artifact_format: str = "parquet",
        batch_source: DataSource,
        tracking_uri: Optional[str] = None,
        timestamp_field: Optional[str] = "",
        created_timestamp_column: Optional[str] = "",
        field_mapping: Optional[Dict[str, str]] = None,
        description: Optional[str] = "",
        tags: Optional[Dict[str, str]] = None,
        owner: Optional[str] = "",
    ):
        if not (dataset_name or dataset_id) and not (run_id and artifact_path):
            raise ValueError(
                "MlflowDatasetSource requires either (dataset_name/dataset_id) for GenAI Dataset mode, or "
                "(run_id + artifact_path) for artifact mode."
            )
        self.dataset_name = dataset_name
        self.dataset_id = dataset_id
        self.run_id = run_id
        self.artifact_path = artifact_path
        self.artifact_format = artifact_format
        self.tracking_uri = tracking_uri
        self.batch_source = batch_source
        super().__init__(name=name_or(name, None), **shared_arguments(locals()))

    def _to_proto_impl(self) -> Any:
        message = super()._to_proto_impl()
        message.batch_source.MergeFrom(self.batch_source.to_proto())
        return message

    @classmethod
    def read(cls, message: Any, settings: Dict[str, Any]) -> Any:
        return super().read(
            message, {**settings, "batch_source": DataSource.from_proto(message.batch_source)}
        )
