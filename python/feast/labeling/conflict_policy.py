"""What counts when labelers disagree."""

from __future__ import annotations

import enum


class ConflictPolicy(enum.Enum):
    """How one label is chosen of several for the same entity."""

    LAST_WRITE_WINS = "last_write_wins"
    LABELER_PRIORITY = "labeler_priority"
    MAJORITY_VOTE = "majority_vote"

    def to_proto(self) -> int:
        """The number of the policy."""
        return list(ConflictPolicy).index(self)

    @classmethod
    def from_proto(cls, proto_val: int) -> ConflictPolicy:
        """The policy of a number, the first one if it is not known."""
        policies = list(cls)
        return policies[proto_val] if 0 <= proto_val < len(policies) else policies[0]
