"""What a historical request gives back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Tuple

from feast.arrow_stream import batches_of, table_of

if TYPE_CHECKING:
    import pandas as pd
    import polars
    import pyarrow

    from feast.dataframe import FeastDataFrame
    from feast.on_demand_feature_view import OnDemandFeatureView
    from feast.saved_dataset import SavedDatasetStorage, ValidationReference


@dataclass
class RetrievalMetadata:
    """What a job was asked for.

    Args:
        features: References.
        keys: Columns of the entity rows but the event time.
        min_event_timestamp: Earliest time asked for.
        max_event_timestamp: Latest time asked for.
        views: Name and join key map (join key to the column in its place) of each view asked for.
    """

    features: List[str]
    keys: List[str]
    min_event_timestamp: Optional[datetime] = None
    max_event_timestamp: Optional[datetime] = None
    views: List[Tuple[str, Dict[str, str]]] = field(default_factory=list)


@dataclass(frozen=True)
class RetrievalProgress:
    """How far a job is; what is expected grows while the job finds out what it has to read.

    Args:
        stage: `waiting`, `opening`, `spilling` (rows into temporary files), `scanning` (keys and times), `fetching` (features of the rows that won),
            `transforming` (on-demand views), `writing` or `done`.
        rows_scanned: Rows of the sources that were read, once a pass.
        rows_expected: Of which so many are known to be read.
        bytes_read: As stored; 0 where sources do not tell.
        groups_done: Row groups, or whatever a source is read by.
        groups_total: Of which so many are known to be read.
        views_done: Feature views that are joined.
        views_total: Feature views to be joined.
    """

    stage: str
    rows_scanned: int
    rows_expected: int
    bytes_read: int
    groups_done: int
    groups_total: int
    views_done: int
    views_total: int


class RetrievalJob:
    """Rows that are read when they are asked for; anything that takes the Arrow stream protocol can take a job.

    Args:
        native: The native store.
        read: Gives the rows as a new stream; takes what to report to, and the seconds that it may take.
        full_feature_names: Whether columns are named `view__feature`.
        metadata: What was asked for.
    """

    def __init__(
        self,
        native: Any,
        read: Callable[[Any, Optional[float]], Any],
        full_feature_names: bool = False,
        metadata: Optional[RetrievalMetadata] = None,
    ):
        from feast._native import NativeProgress

        self.native = native
        self.full_feature_names = full_feature_names
        self.metadata = metadata
        self._read = read
        self._progress = NativeProgress()
        self._table: Optional[pyarrow.Table] = None

    @property
    def on_demand_feature_views(self) -> List[OnDemandFeatureView]:
        """The views that are computed on the joined rows."""
        return []

    def progress(self) -> RetrievalProgress:
        """How far the work is; for another thread while `to_arrow` or the like is running.

        Example:
            >>> threading.Thread(target=job.to_arrow).start()
            >>> job.progress().rows_scanned
        """
        return RetrievalProgress(**self._progress.counts())

    def to_arrow(
        self, validation_reference: Optional[ValidationReference] = None, timeout: Optional[int] = None
    ) -> pyarrow.Table:
        """All rows as an Arrow table: the columns of the entity rows, then the features.

        Args:
            validation_reference: Checks the result against a saved profile.
            timeout: Seconds that it may take.

        Raises:
            ValidationFailed: If the rows do not fit the profile.
        """
        if self._table is None:
            self._table = table_of(self._read(self._progress, timeout))
        if validation_reference is not None:
            _validate(self._table, validation_reference)
        return self._table

    def to_arrow_batches(self) -> Iterator[pyarrow.RecordBatch]:
        """The rows batch by batch, without keeping them. On-demand views need all of them in memory at once."""
        if self._table is not None:
            yield from self._table.to_batches()
            return
        yield from batches_of(self._read(self._progress, None))

    def to_df(
        self, validation_reference: Optional[ValidationReference] = None, timeout: Optional[int] = None
    ) -> pd.DataFrame:
        """All rows as a pandas data frame, see `to_arrow`."""
        return self.to_arrow(validation_reference, timeout).to_pandas().reset_index(drop=True)

    def to_polars(
        self, validation_reference: Optional[ValidationReference] = None, timeout: Optional[int] = None
    ) -> polars.DataFrame:
        """All rows as a Polars data frame, which shares the memory of `to_arrow` where its types allow."""
        import polars

        return polars.from_arrow(self.to_arrow(validation_reference, timeout))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows by the Arrow PyCapsule protocol: batch by batch, unless they are in memory already.

        The protocol knows few kinds of errors: whoever reads the stream raises others than `to_arrow` would.
        """
        rows = self._table if self._table is not None else self._read(self._progress, None)
        return rows.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._facts() if value)
        return f"RetrievalJob({facts})"

    def _repr_html_(self) -> str:
        """For notebooks: what was asked for, and the rows once they have been read."""
        from feast.html_text import facts_html, table_html

        shown = facts_html("RetrievalJob", self._facts())
        return shown if self._table is None else shown + table_html(self._table)

    def _facts(self) -> List[Tuple[str, Any]]:
        asked = self.metadata or RetrievalMetadata(features=[], keys=[])
        times = [asked.min_event_timestamp, asked.max_event_timestamp]
        return [
            ("features", asked.features),
            ("keys", asked.keys),
            ("event_times", [time.isoformat() for time in times if time is not None]),
            ("full_feature_names", self.full_feature_names),
            ("rows", "not read yet" if self._table is None else self._table.num_rows),
        ]

    def to_tensor(
        self, kind: str = "torch", default_value: Any = float("nan"), timeout: Optional[int] = None
    ) -> Dict[str, Any]:
        """Columns of numbers and bools as 1-D tensors of the device at hand, others as lists.

        Args:
            kind: `torch`.
            default_value: In the place of a null or NaN.
            timeout: Seconds that it may take.

        Raises:
            ValueError: If `kind` is another.
            ImportError: If PyTorch is not installed.
        """
        if kind != "torch":
            raise ValueError(f"Unsupported tensor kind: {kind}. Only 'torch' is supported.")
        try:
            import torch
        except ImportError as problem:
            raise ImportError("to_tensor() needs PyTorch, which is not installed: pip install torch") from problem
        import pyarrow

        device = "cuda" if torch.cuda.is_available() else "cpu"
        tensors: Dict[str, Any] = {}
        table = self.to_arrow(timeout=timeout)
        for name, column in zip(table.column_names, table.columns):
            values = [default_value if _missing(value) else value for value in column.to_pylist()]
            kinds = (pyarrow.types.is_integer, pyarrow.types.is_floating, pyarrow.types.is_boolean)
            numeric = any(is_kind(column.type) for is_kind in kinds)
            tensors[name] = torch.tensor(values, device=device) if numeric else values
        return tensors

    def to_feast_df(
        self, validation_reference: Optional[ValidationReference] = None, timeout: Optional[int] = None
    ) -> FeastDataFrame:
        """All rows as an Arrow table in a wrapper that names its engine, see `to_arrow`."""
        from feast.dataframe import DataFrameEngine, FeastDataFrame

        table = self.to_arrow(validation_reference, timeout)
        facts = {
            "features": [],
            "on_demand_feature_views": [view.name for view in self.on_demand_feature_views],
        }
        return FeastDataFrame(table, DataFrameEngine.ARROW, facts)

    def to_ray_dataset(self) -> Any:
        """All rows as a Ray dataset.

        Raises:
            ImportError: If Ray is not installed.
        """
        try:
            import ray.data
        except ImportError as problem:
            raise ImportError("to_ray_dataset() needs Ray, which is not installed: pip install ray") from problem
        return ray.data.from_arrow(self.to_arrow())

    def persist(
        self, storage: SavedDatasetStorage, allow_overwrite: bool = False, timeout: Optional[int] = None
    ) -> None:
        """Writes the rows to `storage`.

        Raises:
            SavedDatasetLocationAlreadyExists: If something is there and must not be overwritten.
        """
        rows = self._table if self._table is not None else self._read(self._progress, timeout)
        self.native.persist(storage.to_proto().SerializeToString(), allow_overwrite, rows)

    def to_sql(self) -> str:
        """The query behind the rows, for training joins in stores that join in SQL.

        Raises:
            NotImplementedError: If there is none.
        """
        raise NotImplementedError("these rows are not read by SQL")

    def supports_remote_storage_export(self) -> bool:
        """Whether `to_remote_storage` has a place to write to: `offline_store.staging_location`."""
        return bool(self.native.staging_location())

    def to_remote_storage(self) -> List[str]:
        """Writes the rows as Parquet files into a fresh folder below `offline_store.staging_location`.

        Some rows at a time, unless they are in memory already or on-demand views are computed.

        Returns:
            Paths or uris of the files, in the order of the rows.

        Raises:
            NotImplementedError: If feature_store.yaml has no such key.
        """
        if not self.supports_remote_storage_export():
            raise NotImplementedError(
                "to_remote_storage() needs a folder to write to: set staging_location under offline_store in feature_store.yaml"
            )
        rows = self._table if self._table is not None else self._read(self._progress, None)
        files: List[str] = self.native.export_rows(rows)
        return files


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _validate(table: pyarrow.Table, reference: ValidationReference) -> None:
    from feast.dqm.errors import ValidationFailed

    report = reference.profile.validate(table.to_pandas())
    if not report.is_success:
        raise ValidationFailed(report)
