"""Transformations: user code that makes features of other columns."""

from __future__ import annotations

import copy
from abc import ABC, ABCMeta
from typing import Any, Callable, ClassVar, Dict, Optional, Union

from feast.protos.feast.core.Transformation_pb2 import (
    SubstraitTransformationV2 as SubstraitTransformationProto,
)
from feast.protos.feast.core.Transformation_pb2 import UserDefinedFunctionV2 as UserDefinedFunctionProto
from feast.transformation.factory import (
    TRANSFORMATION_CLASS_FOR_TYPE,
    get_transformation_class_from_type,
)
from feast.transformation.mode import TransformationMode
from feast.transformation.udf_source import detach, pickle_of, resolve_function, source_of


class _MakesSubclass(ABCMeta):
    """`Transformation(mode=…)` makes an object of the class for that mode."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__name__ != "Transformation" or cls.__module__ != __name__:
            return super().__call__(*args, **kwargs)
        mode = kwargs.pop("mode", args[0] if args else None)
        value = mode.value if isinstance(mode, TransformationMode) else str(mode)
        if value not in TRANSFORMATION_CLASS_FOR_TYPE:
            raise ValueError(f"Invalid mode: {value}. Choose one from TransformationMode.")
        names = ("udf", "udf_string", "name", "tags", "description", "owner")
        return get_transformation_class_from_type(value)(**dict(zip(names, args[1:])), **kwargs)


class Transformation(ABC, metaclass=_MakesSubclass):
    """User code with its source text.

    Args:
        mode: Kind of code.
        udf: The function; text for SQL is what it returns.
        udf_string: Source text of the function.
        name: Name.
        tags: Labels.
        description: Text for people.
        owner: Who is responsible.

    Raises:
        ValueError: If there is no class for `mode`.
    """

    def __init__(
        self,
        mode: Union[TransformationMode, str],
        udf: Optional[Callable[..., Any]],
        udf_string: Optional[str],
        name: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
    ):
        self.mode = mode
        self.udf: Any = udf
        self.udf_string = udf_string or ""
        self.name = name
        self.tags = tags or {}
        self.description = description
        self.owner = owner
        self._body: Optional[bytes] = None  # as read, to be written again unchanged

    def to_proto(self) -> Union[UserDefinedFunctionProto, SubstraitTransformationProto]:
        """The message of the transformation."""
        mode = self.mode.value if isinstance(self.mode, TransformationMode) else self.mode
        return UserDefinedFunctionProto(
            name=getattr(self.udf, "__name__", "") or "",
            body=self._body if self._body is not None else pickle_of(self.udf),
            body_text=self.udf_string,
            mode=mode,
        )

    @classmethod
    def from_proto(cls, user_defined_function_proto: UserDefinedFunctionProto) -> Any:
        """The transformation of a message; its function is made from the source text."""
        message = user_defined_function_proto
        made = cls(
            udf=resolve_function(message.body_text, message.body, message.name),
            udf_string=message.body_text,
        )
        made.udf.__name__ = message.name or made.udf.__name__
        made._body = message.body
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Transformation) or type(self) is not type(other):
            return False
        return same_function(self.udf, self.udf_string, other.udf, other.udf_string)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.udf_string))

    def __deepcopy__(self, memo: Optional[Dict[int, Any]] = None) -> Transformation:
        return copy.copy(self)

    def transform(self, *inputs: Any) -> Any:
        """Runs the code."""
        raise NotImplementedError

    def transform_arrow(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the code on an Arrow table."""
        raise NotImplementedError

    def transform_singleton(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the code on one row."""
        raise NotImplementedError

    def infer_features(self, *args: Any, **kwargs: Any) -> Any:
        """The fields that the code gives for sample input."""
        raise NotImplementedError


class EngineTransformation(Transformation):
    """A function over what an engine calls a table. Arguments are those of `Transformation`."""

    # The mode if none is given.
    _mode: ClassVar[TransformationMode]

    def __init__(
        self,
        udf: Optional[Callable[..., Any]] = None,
        udf_string: Optional[str] = "",
        name: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
        mode: Union[TransformationMode, str, None] = None,
    ):
        super().__init__(mode or self._mode, udf, udf_string, name, tags, description, owner)

    def transform(self, *inputs: Any) -> Any:
        return self.udf(*inputs)


def same_function(left: Any, left_text: str, right: Any, right_text: str) -> bool:
    """Whether two functions are the same: by source text if both have it, else by byte code."""
    if left_text and right_text:
        return left_text == right_text
    return getattr(getattr(left, "__code__", left), "co_code", left) == getattr(
        getattr(right, "__code__", right), "co_code", right
    )


def transformation(
    mode: Union[TransformationMode, str],
    name: Optional[str] = None,
    tags: Optional[Dict[str, str]] = None,
    description: Optional[str] = "",
    owner: Optional[str] = "",
) -> Callable[[Callable[..., Any]], Transformation]:
    """Decorator: makes a transformation of a function."""

    def decorate(function: Callable[..., Any]) -> Transformation:
        text = source_of(function)
        detach(function)
        made: Transformation = Transformation(
            mode,
            udf=function,
            udf_string=text,
            name=name or function.__name__,
            tags=tags,
            description=description or "",
            owner=owner or "",
        )
        return made

    return decorate
