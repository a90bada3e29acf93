"""What goes wrong when data is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feast.dqm.profilers.profiler import ValidationReport


class ValidationFailed(Exception):
    """Rows do not fit a profile.

    Args:
        validation_report: What was found.
    """

    def __init__(self, validation_report: ValidationReport):
        super().__init__(validation_report)
        self.validation_report = validation_report

    @property
    def report(self) -> ValidationReport:
        """What was found."""
        return self.validation_report

    def __str__(self) -> str:
        return f"the rows do not fit the profile: {list(self.validation_report.errors)}"
