"""The hooks of pre-commit: they take no longer than a commit may."""

import shlex
import subprocess
from pathlib import Path

import yaml

from tests.servers import ROOT


def test_hooks_format_and_check_what_changed_and_nothing_else(tmp_path: Path):
    changed, other = tmp_path / "changed.py", tmp_path / "other.py"
    for path in (changed, other):
        path.write_text("import os\nx  =  1\n")

    for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]:
        if "pre-commit" in hook["stages"]:
            assert hook.get("pass_filenames", True)
            subprocess.run([*shlex.split(hook["entry"].removeprefix("uv run ")), changed], cwd=tmp_path, check=True)

    assert changed.read_text() == "x = 1\n"
    assert other.read_text() == "import os\nx  =  1\n"
