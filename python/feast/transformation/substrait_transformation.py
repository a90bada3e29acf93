"""A Substrait plan, usually made from an ibis expression."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from feast.protos.feast.core.Transformation_pb2 import (
    SubstraitTransformationV2 as SubstraitTransformationProto,
)
from feast.transformation.base import Transformation
from feast.transformation.mode import TransformationMode
from feast.transformation.udf_source import pickle_of


class SubstraitTransformation(Transformation):
    """A serialized Substrait plan and the ibis function it was made from.

    Args:
        substrait_plan: The plan.
        udf: The ibis function.
        name: Name.
        tags: Labels.
        description: Text for people.
        owner: Who is responsible.
    """

    def __init__(
        self,
        substrait_plan: bytes,
        udf: Optional[Callable[..., Any]] = None,
        name: Optional[str] = None,
        tags: Optional[Dict[str, str]] = None,
        description: str = "",
        owner: str = "",
    ):
        super().__init__(TransformationMode.SUBSTRAIT, udf, "", name, tags, description, owner)
        self.substrait_plan = substrait_plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SubstraitTransformation) and self.substrait_plan == other.substrait_plan

    def __hash__(self) -> int:
        return hash(self.substrait_plan)

    def to_proto(self) -> SubstraitTransformationProto:
        return SubstraitTransformationProto(
            substrait_plan=self.substrait_plan,
            ibis_function=self._body if self._body is not None else pickle_of(self.udf),
        )

    @classmethod
    def from_proto(cls, substrait_transformation_proto: Any) -> SubstraitTransformation:
        """The transformation of a message; the pickled ibis function is kept as bytes."""
        made = cls(substrait_plan=substrait_transformation_proto.substrait_plan)
        made._body = substrait_transformation_proto.ibis_function
        return made
