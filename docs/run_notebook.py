"""Run the cells of a notebook, without Jupyter: `python docs/run_notebook.py docs/library.ipynb`.

Prints the value of each cell's last line, as Jupyter shows it. Needs the standard library only.
"""

import ast
import json
import sys
import warnings
from pathlib import Path
from typing import Any


def run_notebook(path: Path) -> dict[str, Any]:
    """Run all cells of a notebook, and return their variables.

    Raises:
        Exception: that of a cell.
    """
    variables: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    # As in Jupyter, whatever the process does with them.
    with warnings.catch_warnings(action="default"):
        for number, cell in enumerate(cells, 1):
            _run("".join(cell["source"]), f"{path.name}, cell {number}", variables)
    return variables


def _run(source: str, name: str, variables: dict[str, Any]) -> None:
    module = ast.parse(source, name)
    last = module.body[-1] if module.body else None
    if isinstance(last, ast.Expr):
        module.body.pop()
    exec(compile(module, name, "exec"), variables)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), name, "eval"), variables)
        if value is not None:
            sys.stdout.write(f"{value!r}\n")


if __name__ == "__main__":
    run_notebook(Path(sys.argv[1]))
