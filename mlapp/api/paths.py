"""Templates of the paths that middleware handles before FastAPI routes a request."""

_PREFIX = "/models/"
_TEMPLATES = {action: f"{_PREFIX}{{model}}/{action}" for action in ("predict", "train")}


def split_path(path: str) -> tuple[str, str | None]:
    """Return the template of a path and the model in it: `/models/{model}/predict` and `churn`.

    Other paths are returned as they are, without a model.
    """
    if not path.startswith(_PREFIX):
        return path, None
    model, _, action = path[len(_PREFIX) :].partition("/")
    return (_TEMPLATES[action], model) if model and action in _TEMPLATES else (path, None)
