"""A function over Flink tables."""

from __future__ import annotations

from feast.transformation.base import EngineTransformation
from feast.transformation.mode import TransformationMode


class FlinkTransformation(EngineTransformation):
    """A function over Flink tables. Arguments are those of `Transformation`."""

    _mode = TransformationMode.FLINK
