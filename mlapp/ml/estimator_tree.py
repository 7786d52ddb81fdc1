"""Traversal of fitted estimators: pipeline steps, ensemble members, wrapped estimators."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any


def parts(estimator: object) -> Iterator[Any]:
    """Yield an estimator and every object inside it once, without arrays and plain values.

    scikit-learn has no traversal of fitted members, which are in attributes of various names: `estimators_`,
    `calibrated_classifiers_`, `best_estimator_`.
    """
    stack, seen = [estimator], {id(estimator)}
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            children = list(part.values())
        elif isinstance(part, list | tuple):
            children = list(part)
        else:
            yield part
            children = list(getattr(part, "__dict__", {}).values())
        for child in children:
            if id(child) not in seen and _has_parts(child):
                seen.add(id(child))
                stack.append(child)


def _has_parts(value: object) -> bool:
    return isinstance(value, dict | list | tuple) or (
        hasattr(value, "__dict__") and not isinstance(value, type | ModuleType)
    )
