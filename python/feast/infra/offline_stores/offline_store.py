"""What a historical request gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple

from feast.errors import SavedDatasetLocationAlreadyExists
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.protos.feast.core.OnDemandFeatureView_pb2 import OnDemandFeatureView as OnDemandFeatureViewProto

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

    from feast.saved_dataset import SavedDatasetStorage, ValidationReference

# (message of the view, features, names of their columns in the result, request fields)
OnDemandStep = Tuple[bytes, List[str], List[str], List[str]]


@dataclass
class RetrievalMetadata:
    """What a job was asked for.

    Args:
        features: References.
        keys: Columns of the entity rows but the event time.
        min_event_timestamp: Earliest time asked for.
        max_event_timestamp: Latest time asked for.
    """

    features: List[str]
    keys: List[str]
    min_event_timestamp: Optional[datetime] = None
    max_event_timestamp: Optional[datetime] = None


@dataclass
class SourceRows:
    """Rows of a source in a range of time, read anew each time their stream is asked for.

    Args:
        native: The native store.
        source: Message of the data source.
        timestamp_column: Column of the event time.
        join_keys: First columns.
        features: Columns after them.
        start: Earliest event time, inclusive, in microseconds since 1970; none: from the first.
        end: Latest, inclusive; none: to the last.
    """

    native: Any
    source: bytes
    timestamp_column: str
    join_keys: List[str]
    features: List[str]
    start: Optional[int] = None
    end: Optional[int] = None

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        rows = self.native.pull(
            self.source, self.timestamp_column, self.join_keys, self.features, self.start, self.end
        )
        return rows.__arrow_c_stream__(requested_schema)


@dataclass
class RetrievalJob:
    """Rows for training, read when they are asked for.

    Args:
        native: The native store.
        stream: The joined rows, to be read once; the job keeps what it has read.
        steps: On-demand views to run on them.
        full_feature_names: Whether columns are named `view__feature`.
        metadata: What was asked for.
    """

    native: Any
    stream: Any
    steps: List[OnDemandStep]
    full_feature_names: bool = False
    metadata: Optional[RetrievalMetadata] = None
    _table: Optional[Any] = field(default=None, repr=False)

    @property
    def on_demand_feature_views(self) -> List[OnDemandFeatureView]:
        """The views that are computed on the joined rows."""
        return [OnDemandFeatureView.from_proto(OnDemandFeatureViewProto.FromString(step[0])) for step in self.steps]

    def to_arrow(
        self, validation_reference: Optional[ValidationReference] = None, timeout: Optional[int] = None
    ) -> pyarrow.Table:
        """All rows as an Arrow table: the columns of the entity rows, then the features.

        Args:
            validation_reference: Checks the result against a saved profile.
            timeout: Not used by stores that run in this process.
        """
        import pyarrow

        if self._table is None:
            table = pyarrow.RecordBatchReader.from_stream(self.stream).read_all()
            for step in self.steps:
                table = self._with_on_demand(table, step)
            self._table = table
        if validation_reference is not None:
            _validate(self._table, validation_reference)
        return self._table

    def to_arrow_batches(self) -> Iterator[pyarrow.RecordBatch]:
        """The rows batch by batch; without on-demand views nothing is kept in memory, and they can be read once."""
        import pyarrow

        if self.steps or self._table is not None:
            yield from self.to_arrow().to_batches()
            return
        yield from pyarrow.RecordBatchReader.from_stream(self.stream)

    def to_df(
        self, validation_reference: Optional[ValidationReference] = None, timeout: Optional[int] = None
    ) -> pd.DataFrame:
        """All rows as a pandas data frame, see `to_arrow`."""
        return self.to_arrow(validation_reference, timeout).to_pandas().reset_index(drop=True)

    def to_tensor(self, kind: str = "torch", default_value: Any = float("nan")) -> Any:
        """Numeric columns as tensors, others as lists; a null becomes `default_value`."""
        if kind != "torch":
            raise ValueError(f"Unsupported tensor kind '{kind}'. Only 'torch' is supported.")
        import torch

        answer = {}
        for name, values in self.to_arrow().to_pydict().items():
            filled = [default_value if value is None else value for value in values]
            numeric = all(isinstance(value, (int, float, bool)) for value in filled)
            answer[name] = torch.tensor(filled) if numeric else filled
        return answer

    def persist(
        self, storage: SavedDatasetStorage, allow_overwrite: bool = False, timeout: Optional[int] = None
    ) -> None:
        """Writes the rows to `storage`.

        Raises:
            SavedDatasetLocationAlreadyExists: If something is there and must not be overwritten.
        """
        message = storage.to_proto()
        try:
            self.native.persist(message.SerializeToString(), allow_overwrite, self.to_arrow())
        except FileExistsError:
            raise SavedDatasetLocationAlreadyExists(message.file_storage.uri) from None

    def to_sql(self) -> str:
        """Not for stores that do not run SQL."""
        raise NotImplementedError("this offline store does not make SQL")

    def supports_remote_storage_export(self) -> bool:
        """Whether `to_remote_storage` works."""
        return False

    def to_remote_storage(self) -> List[str]:
        """Not for stores that run in this process."""
        raise NotImplementedError("this offline store does not export to remote storage")

    def _with_on_demand(self, table: pyarrow.Table, step: OnDemandStep) -> pyarrow.Table:
        message, features, names, _ = step
        view = OnDemandFeatureView.from_proto(OnDemandFeatureViewProto.FromString(message))
        answer = view.transform_arrow(table, full_feature_names=False)
        for feature, name in zip(features, names):
            column = answer[feature]
            if name in table.column_names:
                table = table.set_column(table.column_names.index(name), name, column)
            else:
                table = table.append_column(name, column)
        return table


def _validate(table: pyarrow.Table, reference: ValidationReference) -> None:
    from feast.saved_dataset import ValidationReference

    assert isinstance(reference, ValidationReference)
    raise NotImplementedError("validation references are not supported yet")
