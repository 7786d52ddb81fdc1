"""Changes of a model's settings, and what its predictions follow: costs, a limit or a threshold."""

from datetime import UTC, datetime

from mlapp import ml
from mlapp.errors import Unacceptable
from mlapp.schemas import Decision, ModelPatch
from mlapp.schemas.models import REMOVABLE
from mlapp.services.placement import reference
from mlapp.store import ModelStore
from mlapp.store.models.store import ModelChanges

NO_HELD_OUT_ROWS = "Model '{}' has no held-out rows, on which '{}' finds a threshold; send 'threshold' instead."


def changes_of(store: ModelStore, model: str, patch: ModelPatch, by: str) -> ModelChanges:
    """Return the settings that a patch changes; `by` is who sends it.

    Raises:
        NotFound: the model does not exist.
        Unacceptable: more than one of costs, limit and threshold is given, or it does not suit the model.
    """
    changes = ModelChanges()
    if patch.description is not None:
        changes["description"] = patch.description
    if patch.activation is not None:
        changes["activation"] = patch.activation
    if patch.model_fields_set & {*REMOVABLE}:
        changes["decision"] = decide(store, model, patch, by)
    return changes


def decide(store: ModelStore, model: str, patch: ModelPatch, by: str) -> Decision | None:
    """Return what the predictions of a model follow from now on; None: the most probable class.

    Raises:
        NotFound: the model does not exist.
        Unacceptable: more than one of costs, limit and threshold is given, or it does not suit the model.
    """
    given = [name for name in REMOVABLE if getattr(patch, name) is not None]
    if len(given) > 1:
        raise Unacceptable(f"Predictions follow one of {', '.join(REMOVABLE[:-1])} and {REMOVABLE[-1]}; send one.")
    record = reference(store, model)
    if not given:
        return None
    if record is None:
        raise Unacceptable(f"Model '{model}' has no version whose predictions could follow '{given[0]}'; train one.")
    if patch.costs is not None:
        ml.check_costs(patch.costs, record.classes)
    else:
        ml.check_two_classes(given[0], record.classes)
    if patch.threshold is None and record.positive is not None and record.threshold_curve is None:
        raise Unacceptable(NO_HELD_OUT_ROWS.format(model, given[0]))
    return Decision(costs=patch.costs, limit=patch.limit, threshold=patch.threshold, by=by, at=datetime.now(UTC))
