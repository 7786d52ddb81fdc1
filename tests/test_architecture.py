"""Import rules: layers, libraries per layer, and a fast start of server and training processes."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PATHS = [ROOT / "main.py", *(ROOT / "mlapp").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
FILES = sorted(path.relative_to(ROOT).as_posix() for path in PATHS)

TYPES = ("mlapp.errors", "mlapp.schemas", "mlapp.settings")
LAYERS = {
    "main": ("mlapp", "pages"),
    "pages": ("pages", "mlapp.services", "mlapp.presentation", *TYPES),
    "mlapp.app": ("mlapp.api", "mlapp.services", *TYPES),
    "mlapp.server": ("mlapp.api.problems",),
    "mlapp.api": ("mlapp.api", "mlapp.services", "mlapp.presentation", "mlapp.logs", "mlapp.caller", *TYPES),
    "mlapp.services": (
        *("mlapp.services", "mlapp.presentation", "mlapp.store", "mlapp.ml", "mlapp.tables", "mlapp.caller"),
        *TYPES,
    ),
    "mlapp.presentation": ("mlapp.presentation", "mlapp.ml", *TYPES),
    "mlapp.store": ("mlapp.store", *TYPES),
    "mlapp.ml": ("mlapp.ml", "mlapp.tables", *TYPES),
    "mlapp.tables": ("mlapp.tables", *TYPES),
    "mlapp.__main__": ("mlapp.library.cli",),
    "mlapp.library": (
        *("mlapp.library", "mlapp.services", "mlapp.presentation", "mlapp.store", "mlapp.ml", "mlapp.tables"),
        "mlapp.caller",
        *TYPES,
    ),
    "mlapp.logs": ("mlapp.caller", "mlapp.settings"),
    "mlapp.caller": (),
    "mlapp.client": (),
    "mlapp.startup": ("mlapp.store", "mlapp.settings"),
    "mlapp.errors": ("mlapp.errors", "mlapp.schemas"),
    "mlapp.schemas": ("mlapp.errors", "mlapp.schemas"),
    "mlapp.settings": (),
    "mlapp": (),
}
"""Layer → own modules that it may import, with all below them."""

HINTS = {
    "mlapp.services": "a use case takes plain data; pass it what it needs as an argument",
    "mlapp.api": "a route calls a service; move what it needs from elsewhere into mlapp/services",
    "pages": "a page calls a service; move what it needs from elsewhere into mlapp/services",
    "mlapp.ml": "mlapp/ml takes frames and arrays and returns values; let a service load and store them",
    "mlapp.tables": "mlapp/tables turns bytes into tables and back; let a service do the rest",
    "mlapp.store": "the store keeps files; let a service create their content",
    "mlapp.library": "the library is for code outside of mlapp: it calls services, and knows neither API nor pages",
}

LIBRARIES = {
    "dask": ("mlapp/services/cluster/",),
    "distributed": ("mlapp/services/cluster/",),
    "nicegui": ("pages/",),
    "fastapi": ("mlapp/api/", "mlapp/app.py", "pages/__init__.py"),
    "itsdangerous": ("mlapp/services/access/",),
    "prometheus_client": ("main.py", "mlapp/services/", "mlapp/api/routes/metrics.py"),
    "psutil": ("mlapp/services/",),
    "sklearn": ("mlapp/ml/", "mlapp/tables/"),
}
"""Library → files that may import it; `pages/__init__.py` uses FastAPI in annotations."""

IN_FUNCTIONS = {
    "main.py": "each training process imports main.py again, and must not load the app",
    "mlapp/api/dialects/__init__.py": "a server whose clients speak no other protocol must not load any: memory",
    "mlapp/library/cli.py": "help and errors of arguments must not wait for scikit-learn: 2 s",
    "mlapp/ml/boosting.py": "LightGBM is an optional package, which takes half a second to import",
    "mlapp/services/cluster/task.py": "a Dask scheduler imports it, and must not load scikit-learn: seconds",
    "mlapp/services/jobs/runner.py": "the server must not load the training code: 1 s and 80 MB",
}
"""File → why it imports own modules inside functions."""

SIDE_EFFECTS = r"(aiohttp|glob|httpx?|os|pathlib|requests|sched|shutil|socket|subprocess|tempfile|time|urllib3?)(\..+)?"
"""Modules of the clock, files, processes and the network."""
SIDE_EFFECT_CALLS = r"(.+\.)?(now|open|today|utcnow|(read|scan|sink)_\w+)"
"""Built-in, and of datetime, polars and pandas."""


class Import(NamedTuple):
    file: str
    line: int
    module: str
    where: str
    """`module`, `function` or `types` (under `if TYPE_CHECKING`)."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def name_of(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {name_of(file) for file in FILES}


@cache
def imports(file: str) -> list[Import]:
    return list(_walk(ast.parse((ROOT / file).read_text()), file, "module"))


def _walk(node: ast.AST, file: str, where: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from (Import(file, child.lineno, module, where) for module in _named(child))
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _walk(child, file, "function")
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _walk(child, file, "types")
        else:
            yield from _walk(child, file, where)


def _named(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert not node.level, "Imports are absolute: write from mlapp.… import …"
    modules = [f"{node.module}.{alias.name}" for alias in node.names]
    return [module if module in MODULES else str(node.module) for module in modules]


def within(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


def layer_of(module: str) -> str:
    return max((layer for layer in LAYERS if within(module, (layer,))), key=len)


def own_modules(found: list[Import]) -> list[Import]:
    return [each for each in found if within(each.module, ("mlapp", "pages", "main"))]


@pytest.mark.parametrize("file", FILES)
def test_layers_import_lower_layers_only(file):
    layer = layer_of(name_of(file))
    wrong = [
        each for each in own_modules(imports(file)) if each.module != "mlapp" and not within(each.module, LAYERS[layer])
    ]

    hint = HINTS.get(layer, "see LAYERS in tests/test_architecture.py for what it may import")
    assert not wrong, f"{wrong[0]}, which is not allowed in {layer}: {hint}."


def side_effects(source: str) -> list[str]:
    nodes = list(ast.walk(ast.parse(source)))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    return [f"import {module}" for module in modules if re.fullmatch(SIDE_EFFECTS, module)] + [
        f"{call}()" for call in calls if re.fullmatch(SIDE_EFFECT_CALLS, call, re.DOTALL)
    ]


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("mlapp/ml/")])
def test_ml_uses_no_clock_files_or_network(file):
    found = side_effects((ROOT / file).read_text())

    assert not found, (
        f"{file} has {found[0]!r}, but mlapp/ml has no side effects, so that trainings are reproducible: read the "
        "clock, file or URL in mlapp/services, and pass the value, the frame or a function such as `clock` to it."
    )


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from urllib.request import urlopen",
        "def f():\n    import httpx",
        "datetime.now(UTC)",
        "open('x')",
        "pl.read_csv('x')",
    ],
)
def test_side_effects_are_detected(source):
    assert len(side_effects(source)) == 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_are_imported_in_their_layer_only(library):
    found = [each for file in FILES for each in imports(file) if within(each.module, (library,))]
    wrong = [
        each
        for each in found
        if not each.file.startswith(LIBRARIES[library]) and not (each.file == "main.py" and each.where == "types")
    ]

    assert found
    assert not wrong, f"{wrong[0]}; {library} is allowed in {', '.join(LIBRARIES[library])} only: move the code there."


def test_main_imports_nothing_heavy_at_module_level():
    wrong = [
        each
        for each in imports("main.py")
        if each.where == "module" and each.module.partition(".")[0] not in sys.stdlib_module_names
    ]

    assert not wrong, f"{wrong[0]} at module level, so every training process loads it: import it in the function."


def test_imports_in_functions_have_a_reason():
    found = {each.file: each for file in FILES for each in own_modules(imports(file)) if each.where == "function"}
    wrong = [each for file, each in found.items() if file not in IN_FUNCTIONS]

    assert not wrong, f"{wrong[0]} in a function: move it to the top, or give the reason in IN_FUNCTIONS here."
    assert set(found) == set(IN_FUNCTIONS), "IN_FUNCTIONS has a file without imports in functions: remove it."


def cyclic(needs: dict[str, set[str]]) -> str:
    """Return the names that import each other, directly or not; empty if none do."""
    while free := {name for name, needed in needs.items() if not needed & needs.keys()}:
        for name in free:
            del needs[name]
    return ", ".join(sorted(needs))


def test_imports_have_no_cycles():
    found = cyclic(
        {
            name_of(file): {each.module for each in own_modules(imports(file)) if each.where == "module"} & MODULES
            for file in FILES
        }
    )

    assert not found, f"{found} import each other: move the shared code to a lower module."


FOLDERS = sorted({Path(file).parent.as_posix() for file in FILES} - {"."})


@pytest.mark.parametrize("folder", FOLDERS)
def test_parts_of_a_folder_have_no_cycles(folder):
    prefix = folder.replace("/", ".") + "."
    needs: dict[str, set[str]] = {}
    for file in FILES:
        name = name_of(file)
        if name.startswith(prefix):
            part = name.removeprefix(prefix).partition(".")[0]
            modules = [each.module for each in own_modules(imports(file)) if each.module.startswith(prefix)]
            others = {module.removeprefix(prefix).partition(".")[0] for module in modules} - {part}
            needs.setdefault(part, set()).update(others)

    found = cyclic(needs)

    assert not found, f"{found} in {folder} import each other: move the shared code to a lower module."


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_has_at_most_12_modules(folder):
    assert len(list((ROOT / folder).glob("*.py"))) <= 12, f"Group the modules of {folder} in subfolders by subject."


@pytest.mark.parametrize("package", ["ml", "tables"])
def test_names_that_packages_export_are_used(package):
    stub = (ROOT / "mlapp" / package / "__init__.pyi").read_text()
    names = [alias.name for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom) for alias in node.names]
    product = "".join((ROOT / file).read_text() for file in FILES)
    unused = [name for name in names if not re.search(rf"\b{package}\.{name}\b", product)]

    assert names
    assert not unused, f"Remove {', '.join(unused)} from mlapp/{package}/__init__.pyi."


def loaded_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], cwd=ROOT, check=True, capture_output=True
    )
    return set(done.stdout.decode().split())


@pytest.mark.slow
def test_training_process_does_not_load_the_server():
    loaded = loaded_after(
        "import runpy\nrunpy.run_path('main.py', run_name='__mp_main__')\nimport mlapp.services.jobs.worker"
    )

    assert not loaded & {"dask", "distributed"}, "Import them when a training starts on a cluster: they take a second."
    server = loaded & {"nicegui", "fastapi", "starlette", "uvicorn", "pages", "mlapp.app", "mlapp.api"}
    assert "sklearn" in loaded
    assert not server, f"Each training process loads {server}: import it in functions of main.py, not in services."


@pytest.mark.slow
def test_import_of_the_package_loads_no_library():
    loaded = loaded_after("import mlapp")

    heavy = loaded & {"sklearn", "polars", "scipy", "numpy", "joblib", "pydantic", "fastapi", "mlapp.library"}
    assert "mlapp" in loaded
    assert not heavy, f"`import mlapp` loads {heavy}: export names lazily, by mlapp/__init__.pyi."


@pytest.mark.slow
@pytest.mark.parametrize("module", ["mlapp.app", "mlapp.services"])
def test_server_start_does_not_load_ml_libraries(module):
    loaded = loaded_after(f"import {module}")

    heavy = loaded & {"sklearn", "polars", "scipy", "numpy", "joblib"}
    assert module in loaded
    assert not [each for each in loaded if each.startswith("mlapp.api.dialects.")], "A dialect is loaded by its route."
    assert not heavy, f"The start loads {heavy}: in services write `from mlapp import ml, tables`, which load lazily."


@pytest.mark.slow
def test_training_without_a_cluster_does_not_load_dask():
    loaded = loaded_after(
        "from multiprocessing import Pipe\n"
        "from mlapp.schemas import Submission\n"
        "from mlapp.services.jobs import worker\n"
        "ours, theirs = Pipe()\n"
        "worker._train(Submission(dataset='wine', options={'estimator': 'linear'}), theirs)"
    )

    assert "sklearn.linear_model" in loaded
    assert not loaded & {"dask", "distributed"}


@pytest.mark.slow
def test_task_of_a_cluster_does_not_load_ml_libraries():
    loaded = loaded_after("import mlapp.services.cluster.task")

    heavy = loaded & {"sklearn", "scipy", "numpy", "polars", "joblib"}
    assert not heavy, f"The scheduler of a cluster loads {heavy}: import it in the function that runs on workers."


@pytest.mark.slow
def test_formats_load_their_libraries_when_they_are_needed():
    loaded = loaded_after("import mlapp.tables.formats.reader, mlapp.tables.formats.writer")

    eager = loaded & {"python_calamine", "xlsxwriter", "backports.zstd"}
    assert "polars" in loaded
    assert not eager, f"The formats load {eager}: import it in the function that needs it."
