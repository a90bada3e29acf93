"""A function over Ray datasets."""

from __future__ import annotations

from feast.transformation.base import EngineTransformation
from feast.transformation.mode import TransformationMode


class RayTransformation(EngineTransformation):
    """A function over Ray datasets. Arguments are those of `Transformation`."""

    _mode = TransformationMode.RAY
