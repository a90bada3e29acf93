"""Data frames of any engine, with a note on which it is."""

from __future__ import annotations

from enum import Enum
from typing import Any, Dict, Optional


class DataFrameEngine(str, Enum):
    """Whose a data frame is."""

    PANDAS = "pandas"
    SPARK = "spark"
    DASK = "dask"
    RAY = "ray"
    ARROW = "arrow"
    POLARS = "polars"
    UNKNOWN = "unknown"


_ENGINE_OF_PACKAGE = {
    "pandas": DataFrameEngine.PANDAS,
    "pyarrow": DataFrameEngine.ARROW,
    "pyspark": DataFrameEngine.SPARK,
    "dask": DataFrameEngine.DASK,
    "dask_expr": DataFrameEngine.DASK,
    "ray": DataFrameEngine.RAY,
    "polars": DataFrameEngine.POLARS,
}


class FeastDataFrame:
    """A data frame and its engine.

    Args:
        data: The data frame.
        engine: Whose it is; found out if omitted.
        metadata: Facts about it.

    Raises:
        ValueError: If it is of another engine than `engine`.
    """

    def __init__(self, data: Any, engine: Optional[DataFrameEngine] = None, metadata: Optional[Dict[str, Any]] = None):
        found = _ENGINE_OF_PACKAGE.get(type(data).__module__.split(".")[0], DataFrameEngine.UNKNOWN)
        if engine is not None and engine != found:
            raise ValueError(
                f"Provided engine '{engine.value}' does not match detected engine '{found.value}' "
                f"for data type {type(data).__name__}"
            )
        self.data = data
        self.metadata = metadata or {}
        self._engine = found

    @property
    def engine(self) -> DataFrameEngine:
        """Whose data frame it is."""
        return self._engine

    @property
    def is_lazy(self) -> bool:
        """Whether its rows are computed when they are asked for."""
        return self.engine in (DataFrameEngine.SPARK, DataFrameEngine.DASK, DataFrameEngine.RAY)

    def __repr__(self) -> str:
        return f"FeastDataFrame(engine={self.engine.value}, type={type(self.data).__name__})"
