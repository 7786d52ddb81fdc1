"""Templates of the paths that middleware handles before FastAPI routes a request, and protocols by path."""

from enum import Enum, auto

_PREFIX = "/models/"
_TEMPLATES = {action: f"{_PREFIX}{{model}}/{action}" for action in ("predict", "train", "invocations")}
_V2 = "/v2"
_V2_PREFIX = f"{_V2}/models/"
_PREFIXES = (_PREFIX, _V2_PREFIX)
V2_INFER = f"{_V2_PREFIX}{{model}}/infer"
V2_INFER_VERSION = f"{_V2_PREFIX}{{model}}/versions/{{version}}/infer"
INVOCATIONS, INVOCATIONS_OF_MODEL = "/invocations", _TEMPLATES["invocations"]
MLFLOW_PATHS = ("/ping", "/version", INVOCATIONS)


class Protocol(Enum):
    """The protocol of other servers that clients speak on some paths; errors there have its shape."""

    OPEN_INFERENCE = auto()
    MLFLOW = auto()


def split_path(path: str) -> tuple[str, str | None]:
    """Return the template of a path and the model in it: `/models/{model}/predict` and `churn`.

    Other paths are returned as they are, without a model.
    """
    # One call, as this runs several times for each request.
    if not path.startswith(_PREFIXES):
        return path, None
    if path[1] == "v":
        return _split_v2(path)
    model, _, action = path[len(_PREFIX) :].partition("/")
    return (_TEMPLATES[action], model) if model and action in _TEMPLATES else (path, None)


def _split_v2(path: str) -> tuple[str, str | None]:
    match path[len(_V2_PREFIX) :].split("/"):
        case [model, "infer"] if model:
            return V2_INFER, model
        case [model, "versions", version, "infer"] if model and version:
            return V2_INFER_VERSION, model
    return path, None


def protocol_of(path: str) -> Protocol | None:
    """Return the protocol of other servers that a path belongs to; None for paths of our own."""
    if path == _V2 or path.startswith(f"{_V2}/"):
        return Protocol.OPEN_INFERENCE
    is_mlflow = path in MLFLOW_PATHS or split_path(path)[0] == INVOCATIONS_OF_MODEL
    return Protocol.MLFLOW if is_mlflow else None
