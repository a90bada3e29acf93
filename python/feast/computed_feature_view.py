"""What batch and stream feature views have in common: features that a function computes of a source."""

from __future__ import annotations

import inspect
from typing import Any, Callable, ClassVar, Dict, Optional, Set, Tuple, Union

from feast.data_source import DataSource
from feast.feature_view import FeatureView, mode_text
from feast.transformation.base import Transformation
from feast.transformation.mode import TransformationMode

_VIEW_ARGUMENTS = tuple(inspect.signature(FeatureView.__init__).parameters)[1:]


class ComputedFeatureView(FeatureView):
    """A feature view with a transformation of its source; the kinds say which sources and modes they take."""

    # `batch` or `stream`, as messages call view and source.
    _kind: ClassVar[str]
    # Names of classes, and numbers of kinds, of the sources that are allowed.
    _source_classes: ClassVar[Set[str]]
    _source_kinds: ClassVar[Tuple[int, ...]]
    _modes: ClassVar[Tuple[str, ...]]

    sink_source: Optional[DataSource] = None
    udf: Optional[Callable[..., Any]] = None
    udf_string: Optional[str] = ""
    feature_transformation: Optional[Transformation] = None

    def _take(self, arguments: Dict[str, Any]) -> None:
        """Keeps the arguments of a kind's constructor, its `locals()`, that the kinds share.

        Raises:
            ValueError: As FeatureView, or if the mode is not known.
        """
        self.sink_source = arguments["sink_source"]
        self.udf = arguments["udf"]
        self.udf_string = arguments["udf_string"]
        self.feature_transformation = arguments["feature_transformation"] or self._made(arguments["mode"])
        super().__init__(**{name: arguments[name] for name in _VIEW_ARGUMENTS if name in arguments})

    def _refuse_other_sources(self, source: Any) -> None:
        if not isinstance(source, DataSource) or type(source).__name__ in self._source_classes:
            return
        if source.source_type() not in self._source_kinds:
            names = "{" + ", ".join(repr(name) for name in sorted(self._source_classes)) + "}"
            raise ValueError(
                f"{self._kind.capitalize()} feature views need a {self._kind} source, expected one of {names} or "
                f"CUSTOM_SOURCE, got {type(source).__name__}: {source.name} instead "
            )

    def _made(self, mode: Union[TransformationMode, str]) -> Optional[Transformation]:
        if not self.udf:
            return None
        if mode_text(mode) not in self._modes:
            raise ValueError(f"Unsupported transformation mode: {mode_text(mode)} for {type(self).__name__}")
        made: Transformation = Transformation(
            mode=mode_text(mode), udf=self.udf, udf_string=self.udf_string or ""
        )
        return made

    def get_feature_transformation(self) -> Optional[Transformation]:
        """The transformation, made of `udf` if it was not given."""
        return self.feature_transformation or self._made(self.mode or TransformationMode.PYTHON)
