"""A function from a dict of lists (or, as a singleton, of scalars) to a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from feast.transformation.base import Transformation
from feast.transformation.mode import TransformationMode

if TYPE_CHECKING:
    import pyarrow

    from feast.field import Field


class PythonTransformation(Transformation):
    """A function from a dict of lists (or, as a singleton, of scalars) to a dict.

    Arguments are those of `Transformation`; `singleton` says that the function takes one row.
    """

    def __init__(
        self,
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        singleton: bool = False,
        name: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
    ):
        super().__init__(TransformationMode.PYTHON, udf, udf_string, name, tags, description, owner)
        self.singleton = singleton

    def transform(self, *inputs: Any) -> Any:
        return self.udf(*inputs)

    def transform_singleton(self, *args: Any, **kwargs: Any) -> Any:
        return self.udf(*args, **kwargs)

    def transform_arrow(self, pa_table: pyarrow.Table, features: List[Field]) -> pyarrow.Table:
        """Runs the function on the columns of a table as lists, or on each row if it is a singleton."""
        import pyarrow

        if not self.singleton:
            return pyarrow.table(self.udf(pa_table.to_pydict()))
        rows = [self.udf(row) for row in pa_table.to_pylist()]
        return pyarrow.Table.from_pylist(rows)
