"""Options of decisions: the class of interest, and whether costs, limit or threshold suit the classes of a model."""

import json
from typing import NoReturn

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.ml.decisions.rules import class_names, cost_matrix
from mlapp.schemas import Costs, Scalar, TrainOptions
from mlapp.schemas.decisions import BY_KIND
from mlapp.tables.columns.texts.booleans import KNOWN

MAX_LISTED = 10
NO_CLASSES = "'{0}' is for classes, and this target is predicted as numbers; leave it out."


def positive_class(classes: list[Scalar] | None, options: TrainOptions) -> Scalar | None:
    """Return the class of interest of two classes: the given one, or else what means yes, or the second one.

    Raises:
        Unacceptable: there is no such class, or the costs are none of these classes.
    """
    if options.costs:
        check_costs(options.costs, classes)
    if options.positive is None:
        return _default(classes) if classes and len(classes) == 2 else None
    if classes is None:
        _reject("positive", NO_CLASSES.format("positive"))
    names = class_names(classes)
    if len(classes) > 2:
        _reject("positive", f"'positive' is one of two classes, and the target has {len(classes):,}; leave it out.")
    if options.positive in classes:
        return classes[classes.index(options.positive)]
    # As it stands in JSON: that has no bounds for integers, unlike columns.
    given = options.positive if isinstance(options.positive, str) else json.dumps(options.positive)
    if given not in names:
        _reject("positive", f"There is no class '{shorten(given)}'; send {' or '.join(map(shorten, names))}.")
    return classes[names.index(given)]


def _default(classes: list[Scalar]) -> Scalar:
    words = [KNOWN.get(name.strip().lower()) for name in class_names(classes)]
    return classes[0] if words == [True, False] else classes[1]


def check_costs(costs: Costs, classes: list[Scalar] | None) -> None:
    """Check that costs are those of errors between the classes.

    Raises:
        Unacceptable: the target is a number, or costs name a class that does not exist.
    """
    if classes is None:
        _reject("costs", NO_CLASSES.format("costs"))
    names = class_names(classes)
    if costs.keys() == BY_KIND and not any(isinstance(cost, dict) for cost in costs.values()):
        if len(classes) > 2:
            example = f'{{"{shorten(names[0])}": {{"{shorten(names[1])}": 10}}}}'
            _reject(
                "costs",
                f"The target has {len(classes):,} classes; give costs by actual and predicted class, as in {example}.",
            )
        return
    predicted = {name for row in costs.values() if isinstance(row, dict) for name in row}
    for name in [*costs, *sorted(predicted)]:
        if name not in names:
            more = ", …" if len(names) > MAX_LISTED else ""
            known = ", ".join(map(shorten, names[:MAX_LISTED]))
            _reject("costs", f"There is no class '{shorten(name)}'; the classes are {known}{more}.")
    if not any(map(any, cost_matrix(costs, names))):
        _reject("costs", "No error costs anything; give at least one of them a cost above 0.")


def check_two_classes(option: str, classes: list[Scalar] | None) -> None:
    """Check that there are two classes, as a limit or a threshold requires.

    Raises:
        Unacceptable: there are none or more.
    """
    if classes is None:
        _reject(option, NO_CLASSES.format(option))
    if len(classes) > 2:
        _reject(option, f"'{option}' is for two classes, and the target has {len(classes):,}; send 'costs' instead.")


def _reject(option: str, detail: str) -> NoReturn:
    raise Unacceptable(detail, [{"detail": detail, "pointer": pointer(option)}])
