"""Profiles of Great Expectations: without it a clear error, with it (a small stand-in here) upstream's behaviour."""

import importlib
import json
import sys
import types

import pandas as pd
import pytest

MODULE = "feast.dqm.profilers.ge_profiler"


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.setitem(sys.modules, "great_expectations", None)


class Suite:
    def __init__(self, expectations):
        self.expectations = expectations

    def to_json_dict(self):
        return {"expectations": self.expectations}


class Frame(pd.DataFrame):
    """Stands for PandasDataset."""


class Result(dict):
    def to_json_dict(self):
        return {"failed": self.expectation_config.kwargs["column"]}


def check(dataset, expectation_suite, result_format):
    results = []
    for column, highest in expectation_suite.expectations:
        result = Result(success=bool((dataset[column] <= highest).all()), result={"unexpected_count": 1})
        result.expectation_config = types.SimpleNamespace(expectation_type="at_most", kwargs={"column": column})
        results.append(result)
    return {"success": all(one["success"] for one in results), "results": results}


@pytest.fixture
def ge(monkeypatch):
    package = types.ModuleType("great_expectations")
    package.validate = check
    core, dataset, dill = (types.ModuleType(name) for name in ("core", "dataset", "dill"))
    core.ExpectationSuite, dataset.PandasDataset = Suite, Frame
    dill.dumps = lambda function, recurse: function.__code__.co_name.encode()
    for name, module in {
        "great_expectations": package, "great_expectations.core": core, "great_expectations.dataset": dataset, "dill": dill,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    yield importlib.import_module(MODULE)
    sys.modules.pop(MODULE, None)


def test_without_great_expectations_the_import_says_what_to_do(absent):
    with pytest.raises(ImportError, match="pip install 'great_expectations.*feast.dqm.profilers.profiler.Profiler"):
        importlib.import_module(MODULE)


def test_a_profile_is_made_checked_and_kept(ge):
    @ge.ge_profiler
    def profile(dataset):
        assert isinstance(dataset["seen"].iloc[0], str) and dataset["rate"].dtype == "float64"
        return Suite([["rate", float(dataset["rate"].max())]])

    rows = pd.DataFrame({"rate": pd.Series([0.5, 1.5], dtype="float32"), "seen": pd.Timestamp("2024-01-01")})
    made = profile.analyze_dataset(rows)
    assert made.validate(rows).is_success
    report = made.validate(rows.assign(rate=2.0))
    assert not report.is_success and json.loads(repr(report)) == [{"failed": "rate"}]
    [error] = report.errors
    assert (error.check_name, error.column_name, error.unexpected_count) == ("at_most", "rate", 1)
    assert error.to_dict()["missing_count"] is None and repr(error) == "<ValidationError at_most:rate>"
    assert ge.GEProfile.from_proto(made.to_proto()).expectation_suite.expectations == [["rate", 1.5]]
    assert profile.to_proto().profiler.body == b"profile"


def test_references_keep_profiles_of_great_expectations(ge):
    from feast.saved_dataset import ValidationReference

    reference = ValidationReference("name", "dataset", ge.ge_profiler(lambda dataset: Suite([["rate", 1.0]])))
    reference._profile = reference.profiler.analyze_dataset(pd.DataFrame({"rate": [1.0]}))
    again = ValidationReference.from_proto(reference.to_proto())
    assert again.profiler is None and again.to_proto() == reference.to_proto()
    assert not again.profile.validate(pd.DataFrame({"rate": [2.0]})).is_success, "the suite is JSON, not code"


def test_features_that_were_not_found_are_null(ge):
    @ge.ge_profiler(with_feature_metadata=True)
    def profile(dataset):
        assert dataset["view__rate__status"].tolist() == [1, 3]
        return Suite([])

    profile.analyze_dataset(pd.DataFrame({"view__rate": [0.5, None], "event_timestamp": pd.Timestamp("2024-01-01")}))
    logged = pd.DataFrame({"view__rate": [0.5, 9.0], "view__rate__status": [1, 3]})
    prepared = ge._prepared(logged)
    assert prepared["view__rate"].isna().tolist() == [False, True]
