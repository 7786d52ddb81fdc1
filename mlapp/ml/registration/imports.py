"""What a pipeline imports: a copy of it as a server will load it, and the modules that loading needs."""

import io
import pickle
from typing import Any, NamedTuple

from mlapp.errors import MlappError, Unacceptable, reason, shorten
from mlapp.ml.estimator_tree import parts
from mlapp.ml.library_versions import REQUIRED_MODULES

INTERACTIVE = ("__main__", "__mp_main__")
READS_FILES = ("filename", "file")
"""Values of the parameter `input` of scikit-learn's vectorizers that read files."""


class Copied(NamedTuple):
    """A copy of a pipeline."""

    pipeline: Any
    imports: list[str]
    """The modules that it needs beside Python and what mlapp requires, by name."""


def copy_pipeline(pipeline: object) -> Copied:
    """Return a copy of a pipeline, made as a server loads it.

    Raises:
        Unacceptable: it cannot be stored, has parts that only this program knows, or reads files.
    """
    try:
        data = pickle.dumps(pipeline)
    except Exception as error:
        raise Unacceptable(
            f"The pipeline cannot be stored: {reason(error)}. Replace functions without a name (lambda) by functions "
            "of a module, and leave out open files and connections."
        ) from error
    reader = _Recorder(io.BytesIO(data))
    try:
        copy = reader.load()
    except MlappError:
        raise
    # Code of any library, which may raise anything.
    except Exception as error:
        raise Unacceptable(f"The pipeline cannot be loaded again from what is stored: {reason(error)}.") from error
    for part in parts(copy):
        if getattr(part, "input", None) in READS_FILES:
            raise Unacceptable(
                f"{type(part).__name__} reads the files that a table names, which clients may not ask a server for; "
                "fit it with input='content' on the texts themselves."
            )
    modules = {module for module in reader.modules if module.partition(".")[0] not in REQUIRED_MODULES}
    return Copied(copy, sorted(modules))


class _Recorder(pickle.Unpickler):
    """Records the modules that loading imports."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.modules: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        if module in INTERACTIVE:
            raise Unacceptable(
                f"The pipeline uses '{shorten(name)}', which is defined in the notebook or script that runs now, where "
                "no server finds it. Move it to a module that servers can import, such as my_transformers.py; import "
                "it from there, fit the pipeline again and register that."
            )
        self.modules.add(module)
        return super().find_class(module, name)
