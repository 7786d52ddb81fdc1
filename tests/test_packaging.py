"""The wheel, and what is installed of it."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.servers import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("uv"), reason="uv builds the wheel"),
]


def build(project: Path, folder: Path) -> zipfile.ZipFile:
    # Offline, as the backend is a part of uv.
    command = ["uv", "build", "--quiet", "--wheel", "--offline", "--out-dir", str(folder)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel)


def test_wheel_holds_the_package_alone_and_all_of_it(tmp_path: Path):
    wheel = build(ROOT, tmp_path)

    names = [name for name in wheel.namelist() if not name.endswith("/")]
    package = {name for name in names if name.startswith("mlapp/")}
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mlapp").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package == files
    assert {"mlapp/py.typed", "mlapp/__init__.pyi"} < package
    assert all(re.match(r"[\w.-]+\.dist-info/", name) for name in set(names) - package)


def test_wheel_of_a_renamed_fork_holds_the_same_package_and_command(tmp_path: Path):
    fork = tmp_path / "fork"
    fork.mkdir()
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, fork)
    text = (ROOT / "pyproject.toml").read_text()
    (fork / "pyproject.toml").write_text(re.sub(r"^name = .*", 'name = "house-prices"', text, flags=re.MULTILINE))
    shutil.copytree(ROOT / "mlapp", fork / "mlapp", ignore=shutil.ignore_patterns("__pycache__"))

    wheel = build(fork, tmp_path / "dist")

    (commands,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert commands.startswith("house_prices-")
    assert "mlapp = mlapp.library.cli:main" in wheel.read(commands).decode()
    assert "mlapp/library/training.py" in wheel.namelist()
