"""SQL text that a function returns."""

from __future__ import annotations

from feast.transformation.base import EngineTransformation
from feast.transformation.mode import TransformationMode


class SQLTransformation(EngineTransformation):
    """SQL text that a function returns. Arguments are those of `Transformation`."""

    _mode = TransformationMode.SQL
