"""A function from a pandas DataFrame to a pandas DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from feast.transformation.base import Transformation
from feast.transformation.mode import TransformationMode

if TYPE_CHECKING:
    import pyarrow

    from feast.field import Field


class PandasTransformation(Transformation):
    """A function from a pandas DataFrame to a pandas DataFrame. Arguments are those of `Transformation`."""

    def __init__(
        self,
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        name: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
    ):
        super().__init__(TransformationMode.PANDAS, udf, udf_string, name, tags, description, owner)

    def transform(self, *inputs: Any) -> Any:
        return self.udf(*inputs)

    def transform_arrow(self, pa_table: pyarrow.Table, features: List[Field]) -> pyarrow.Table:
        """Runs the function on a table; columns of the answer that are not features are kept."""
        import pyarrow

        return pyarrow.Table.from_pandas(self.udf(pa_table.to_pandas()), preserve_index=False)
