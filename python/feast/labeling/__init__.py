"""Labels of entities."""

from feast.labeling.conflict_policy import ConflictPolicy
from feast.labeling.label_view import LabelView

__all__ = ["ConflictPolicy", "LabelView"]
