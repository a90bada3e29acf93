"""SQL text for Trino."""

from __future__ import annotations

from feast.transformation.base import EngineTransformation
from feast.transformation.mode import TransformationMode


class TrinoTransformation(EngineTransformation):
    """SQL text for Trino. Arguments are those of `Transformation`."""

    _mode = TransformationMode.TRINO_SQL
