"""What a profiler, its profiles and their reports are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Dict, List, Optional

if TYPE_CHECKING:
    import pandas as pd


class Profile:
    """What a dataset is expected to look like."""

    @abstractmethod
    def validate(self, dataset: pd.DataFrame) -> ValidationReport:
        """Checks other rows against this profile."""
        raise NotImplementedError

    @abstractmethod
    def to_proto(self) -> Any:
        """The message of the profile."""
        raise NotImplementedError

    @classmethod
    @abstractmethod
    def from_proto(cls, proto: Any) -> Profile:
        """The profile of a message."""
        raise NotImplementedError


class Profiler:
    """Makes the profile of a dataset."""

    @abstractmethod
    def analyze_dataset(self, dataset: pd.DataFrame) -> Profile:
        """The profile of these rows."""
        raise NotImplementedError

    @abstractmethod
    def to_proto(self) -> Any:
        """The message of the profiler."""
        raise NotImplementedError

    @classmethod
    @abstractmethod
    def from_proto(cls, proto: Any) -> Profiler:
        """The profiler of a message."""
        raise NotImplementedError


class ValidationReport(ABC):
    """What came of a check."""

    @property
    @abstractmethod
    def is_success(self) -> bool:
        """Whether all rows fit."""
        raise NotImplementedError

    @property
    @abstractmethod
    def errors(self) -> List[ValidationError]:
        """What does not fit."""
        raise NotImplementedError


class ValidationError:
    """One expectation that a column does not meet.

    Args:
        check_name: Name of the expectation.
        column_name: Name of the column.
        check_config: Arguments of the expectation.
        missing_count: Number of nulls.
        missing_percent: Share of nulls, in percent.
        observed_value: The figure that was measured.
        unexpected_count: Number of values that do not fit.
        unexpected_percent: Share of them, in percent.
    """

    def __init__(
        self,
        check_name: str,
        column_name: str,
        check_config: Optional[Any] = None,
        missing_count: Optional[int] = None,
        missing_percent: Optional[float] = None,
        observed_value: Optional[float] = None,
        unexpected_count: Optional[int] = None,
        unexpected_percent: Optional[float] = None,
    ):
        self.check_name = check_name
        self.column_name = column_name
        self.check_config = check_config
        self.missing_count = missing_count
        self.missing_percent = missing_percent
        self.observed_value = observed_value
        self.unexpected_count = unexpected_count
        self.unexpected_percent = unexpected_percent

    def __repr__(self) -> str:
        return f"<ValidationError {self.check_name}:{self.column_name}>"

    def to_dict(self) -> Dict[str, Any]:
        """The error as plain objects."""
        return dict(vars(self))
