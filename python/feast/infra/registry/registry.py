"""Kinds of objects that an apply compares."""

from __future__ import annotations

from enum import Enum


class FeastObjectType(Enum):
    """A kind of object; the value is how it is printed and what the core calls it."""

    PROJECT = "project"
    DATA_SOURCE = "data source"
    ENTITY = "entity"
    FEATURE_VIEW = "feature view"
    ON_DEMAND_FEATURE_VIEW = "on demand feature view"
    STREAM_FEATURE_VIEW = "stream feature view"
    LABEL_VIEW = "label view"
    FEATURE_SERVICE = "feature service"
    PERMISSION = "permission"


FEAST_OBJECT_TYPES = list(FeastObjectType)
