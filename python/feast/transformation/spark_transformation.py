"""A function over Spark data frames, or Spark SQL."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Union

from feast.transformation.base import Transformation
from feast.transformation.mode import TransformationMode


class SparkTransformation(Transformation):
    """A function over Spark data frames, or Spark SQL. Arguments are those of `Transformation`."""

    def __init__(
        self,
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        name: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
        mode: Union[TransformationMode, str] = TransformationMode.SPARK,
    ):
        super().__init__(mode, udf, udf_string, name, tags, description, owner)

    def transform(self, *inputs: Any) -> Any:
        return self.udf(*inputs)
