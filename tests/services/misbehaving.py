"""Trainings that go wrong, for real: the estimator travels with the submission into the training process."""

import os
import threading
from typing import Any, NoReturn

from mlapp.ml.estimators import ESTIMATORS, Recipe
from mlapp.ml.preprocessing import Columns
from mlapp.schemas import Submission, Task


def buggy(_: Task, __: Columns, ___: int) -> NoReturn:
    raise RuntimeError("a screw is loose")


def hungry(_: Task, __: Columns, ___: int) -> NoReturn:
    raise MemoryError


def quitting(_: Task, __: Columns, ___: int) -> NoReturn:
    os._exit(3)


def endless(_: Task, __: Columns, ___: int) -> NoReturn:
    threading.Event().wait()
    raise AssertionError


RECIPES = {recipe.__name__: Recipe(recipe) for recipe in (buggy, hungry, quitting, endless)}


class Misbehaving(Submission):
    """A training on the table wine, whose estimator is known where the submission arrives and nowhere else."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrive, (self.options,)


def _arrive(options: dict[str, Any]) -> Submission:
    ESTIMATORS.update(RECIPES)
    return Submission(dataset="wine", options=options)


def misbehaving(estimator: str) -> Submission:
    return Misbehaving(dataset="wine", options={"estimator": estimator})
