"""Sentences about the settings of a model, and what changes of them do."""

from mlapp.presentation.formats import format_count
from mlapp.schemas import ActivationPolicy, ModelInfo, VersionInfo

POLICIES = {
    ActivationPolicy.AUTO: (
        "If callers do not notice",
        "Unless programs that use the active version would break: another target, more columns to send, classes gone.",
    ),
    ActivationPolicy.ALWAYS: ("Always", "Every new version becomes active, even if programs that use the model break."),
    ActivationPolicy.NEVER: ("Never", "New versions are only stored; activate them under Versions."),
}
"""Name and meaning."""
ACTIVATION = "Whether a new version answers at once. A training can say otherwise."
DESCRIPTION = "What is it for, and who uses it? Shown with the model and on its card."
NONE_ACTIVE = "None of its versions is active; activate one first."
DELETION = "The model goes with all its versions. This cannot be undone."
KEPT = "It is the default model. Make another one the default first."


def default_text(info: ModelInfo, default: str | None) -> str:
    """Return which model answers programs that name none."""
    if info.default:
        return f"{info.name} is the default model: it answers programs that name no model."
    if default:
        return f"Programs that name no model get the answers of {default}."
    return "There is no default model: programs that name no model get no answer."


def default_changes(model: str, default: str | None, new: VersionInfo | None, old: VersionInfo | None) -> list[str]:
    """Return what changes if a model becomes the default one, one sentence each.

    `new` and `old` are the active versions of both.
    """
    instead = f" instead of {default}" if default else ""
    return [
        f"Programs that name no model get the answers of {model}{instead}.",
        *([f"It predicts {new.target} instead of {old.target}."] if old and new else []),
        "Programs that name a model notice nothing.",
    ]


def losses(info: ModelInfo) -> list[str]:
    """Return what a deletion takes away, one sentence each."""
    alone = ["Programs that name no model get no answer until another model is trained."] if info.default else []
    return [
        f"{format_count(info.versions, 'version')} and the activation history are deleted.",
        "Programs that use it get an error.",
        *alone,
        "This cannot be undone.",
    ]
