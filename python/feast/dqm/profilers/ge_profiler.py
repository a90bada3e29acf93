"""Profiles made of expectations of Great Expectations (its releases with `PandasDataset`, up to 0.15).

Raises:
    ImportError: If Great Expectations is not installed.
"""

from __future__ import annotations

import json
from types import FunctionType
from typing import Any, Callable, List

from feast.dqm.profilers.profiler import Profile, Profiler, ValidationError, ValidationReport
from feast.protos.feast.core.ValidationProfile_pb2 import GEValidationProfile, GEValidationProfiler
from feast.protos.feast.serving.ServingService_pb2 import FieldStatus

try:
    import great_expectations
    from great_expectations.core import ExpectationSuite
    from great_expectations.dataset import PandasDataset
except ImportError as problem:
    raise ImportError(
        "Profiles of expectations need Great Expectations, which is not installed (or is too new): "
        "pip install 'great_expectations>=0.15.41,<0.16'. Any other object with the methods of "
        "feast.dqm.profilers.profiler.Profiler works without it."
    ) from problem


def _prepared(dataset: Any) -> Any:
    """Rows that the expectations can handle: times as text, doubles, nulls where nothing was found."""
    import pandas as pd

    prepared = dataset.copy(deep=True)
    for name in dataset.columns:
        column = dataset[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            prepared[name] = column.dt.strftime("%Y-%m-%dT%H:%M:%S")
        elif str(column.dtype) == "float32":
            prepared[name] = column.astype("float64")
        if f"{name}__status" in dataset.columns:
            prepared[name] = prepared[name].mask(dataset[f"{name}__status"] == FieldStatus.NOT_FOUND)
    return prepared


def _with_feature_metadata(dataset: Any) -> Any:
    """The rows with the columns `…__timestamp` and `…__status` that logs of served features have."""
    for name in [name for name in dataset.columns if "__" in name]:
        if "event_timestamp" in dataset.columns:
            dataset[f"{name}__timestamp"] = dataset["event_timestamp"]
        missing = dataset[name].isna()
        dataset[f"{name}__status"] = missing.map({True: FieldStatus.NOT_FOUND, False: FieldStatus.PRESENT})
    return dataset


class GEProfile(Profile):
    """A suite of expectations.

    Args:
        expectation_suite: The expectations.
    """

    def __init__(self, expectation_suite: ExpectationSuite):
        self.expectation_suite = expectation_suite

    def validate(self, dataset: Any) -> GEValidationReport:
        """Tests every expectation on a pandas data frame."""
        rows = _prepared(PandasDataset(dataset))
        return GEValidationReport(
            great_expectations.validate(rows, expectation_suite=self.expectation_suite, result_format="COMPLETE")
        )

    def to_proto(self) -> GEValidationProfile:
        """The message of the profile: the suite as JSON."""
        return GEValidationProfile(expectation_suite=json.dumps(self.expectation_suite.to_json_dict()).encode())

    @classmethod
    def from_proto(cls, proto: GEValidationProfile) -> GEProfile:
        """The profile of a message."""
        return cls(ExpectationSuite(**json.loads(proto.expectation_suite)))

    def __repr__(self) -> str:
        suite = [one.to_json_dict() for one in self.expectation_suite.expectations]
        return f"<GEProfile with expectations: {json.dumps(suite, indent=2)}>"


class GEProfiler(Profiler):
    """A function that makes expectations of a dataset.

    Args:
        user_defined_profiler: Takes the rows, a `PandasDataset`, and returns an `ExpectationSuite`.
        with_feature_metadata: Whether the rows get the columns that logs of served features have.
    """

    def __init__(self, user_defined_profiler: Callable[[Any], ExpectationSuite], with_feature_metadata: bool = False):
        self.user_defined_profiler = user_defined_profiler
        self.with_feature_metadata = with_feature_metadata

    def analyze_dataset(self, dataset: Any) -> GEProfile:
        """The expectations that the function makes of a pandas data frame."""
        rows = _prepared(PandasDataset(dataset))
        if self.with_feature_metadata:
            rows = _with_feature_metadata(rows)
        return GEProfile(self.user_defined_profiler(rows))

    def to_proto(self) -> GEValidationProfiler:
        """The message of the profiler: the function's code, pickled by `dill`, for upstream to read."""
        import dill

        function = FunctionType(self.user_defined_profiler.__code__, {})
        body = dill.dumps(function, recurse=False)
        return GEValidationProfiler(profiler=GEValidationProfiler.UserDefinedProfiler(body=body))

    @classmethod
    def from_proto(cls, proto: GEValidationProfiler) -> GEProfiler:
        """The profiler of a message; runs what is pickled there, so only for messages you trust."""
        import dill

        return cls(dill.loads(proto.profiler.body))


class GEValidationReport(ValidationReport):
    """What Great Expectations found.

    Args:
        validation_result: Its own result.
    """

    def __init__(self, validation_result: Any):
        self._validation_result = validation_result

    @property
    def is_success(self) -> bool:
        """Whether all expectations are met."""
        return bool(self._validation_result["success"])

    @property
    def errors(self) -> List[ValidationError]:
        """The expectations that are not met."""
        return [_error_of(one) for one in self._failed()]

    def _failed(self) -> List[Any]:
        return [one for one in self._validation_result["results"] if not one["success"]]

    def __repr__(self) -> str:
        return json.dumps([one.to_json_dict() for one in self._failed()], indent=2)


def _error_of(result: Any) -> ValidationError:
    config, found = result.expectation_config, result["result"]
    counts = ("missing_count", "missing_percent", "unexpected_count", "unexpected_percent")
    return ValidationError(
        check_name=config.expectation_type,
        column_name=config.kwargs["column"],
        check_config=config.kwargs,
        **{name: found.get(name) for name in counts},
    )


def ge_profiler(*args: Any, with_feature_metadata: bool = False) -> Any:
    """Makes a profiler of a function, as `@ge_profiler` or `@ge_profiler(with_feature_metadata=True)`."""

    def wrapped(function: Callable[[Any], ExpectationSuite]) -> GEProfiler:
        return GEProfiler(function, with_feature_metadata)

    return wrapped(args[0]) if args else wrapped
