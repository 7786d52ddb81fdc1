"""What a fitted estimator is made of, however deep: steps, members of ensembles, what wrappers hold."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any


def parts(estimator: object) -> Iterator[Any]:
    """Yield an estimator and every object inside it, each once; arrays and plain values are left out.

    scikit-learn has no walk over fitted members, which stand in attributes of any name: `estimators_`,
    `calibrated_classifiers_`, `best_estimator_`.
    """
    waiting, seen = [estimator], {id(estimator)}
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            inside = list(part.values())
        elif isinstance(part, list | tuple):
            inside = list(part)
        else:
            yield part
            inside = list(getattr(part, "__dict__", {}).values())
        for each in inside:
            if id(each) not in seen and _has_parts(each):
                seen.add(id(each))
                waiting.append(each)


def _has_parts(value: object) -> bool:
    return isinstance(value, dict | list | tuple) or (
        hasattr(value, "__dict__") and not isinstance(value, type | ModuleType)
    )
