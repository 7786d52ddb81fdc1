"""Traversal of fitted estimators."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlapp.ml.estimator_tree import parts


class Ring:
    """Refers to itself, its class and a module."""

    def __init__(self) -> None:
        self.itself, self.kind, self.module = [self], type(self), np


def kinds(estimator: object) -> list[str]:
    return sorted(type(part).__name__ for part in parts(estimator))


def test_parts_are_found_at_any_depth():
    calibrated = CalibratedClassifierCV(DummyClassifier(), ensemble=False)
    members = [("forest", make_pipeline(StandardScaler(), RandomForestClassifier(2))), ("calibrated", calibrated)]
    stacked = StackingClassifier(members, final_estimator=DummyClassifier(), cv=2)
    stacked.fit(np.arange(20.0)[:, None], [0, 1] * 10)

    found = kinds(stacked)

    assert found.count("RandomForestClassifier") == 2  # As given and as fitted.
    assert {"StandardScaler", "_CalibratedClassifier", "DecisionTreeClassifier"} <= set(found)
    assert found.count("DummyClassifier") >= 4


def test_parts_are_yielded_once_without_classes_and_modules():
    assert kinds(Ring()) == ["Ring"]


def test_function_of_a_transformer_is_a_part():
    assert kinds(FunctionTransformer(kinds)) == ["FunctionTransformer", "function"]


def test_plain_value_has_no_parts():
    assert list(parts(7)) == [7]
