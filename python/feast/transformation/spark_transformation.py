"""A function over Spark data frames, or Spark SQL."""

from __future__ import annotations

from feast.transformation.base import EngineTransformation
from feast.transformation.mode import TransformationMode


class SparkTransformation(EngineTransformation):
    """A function over Spark data frames, or Spark SQL. Arguments are those of `Transformation`."""

    _mode = TransformationMode.SPARK
