"""The hooks of pre-commit."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.servers import ROOT

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]


def test_hooks_format_and_check_changed_files_only(tmp_path: Path):
    changed, other = tmp_path / "changed.py", tmp_path / "other.py"
    for path in (changed, other):
        path.write_text("import os\nx  =  1\n")

    for hook in HOOKS:
        if "pre-commit" in hook["stages"]:
            assert hook.get("pass_filenames", True)
            subprocess.run([*shlex.split(hook["entry"].removeprefix("uv run ")), changed], cwd=tmp_path, check=True)

    assert changed.read_text() == "x = 1\n"
    assert other.read_text() == "import os\nx  =  1\n"


@pytest.mark.parametrize(
    ("valid", "message"),
    [
        (1, "fix: reject empty tables"),
        (1, "feat(api)!: versions have names\n\nBREAKING CHANGE: numbers are gone."),
        (1, "Merge branch 'main'"),
        (0, "Reject empty tables"),
        (0, "Two subjects\n\nfix: the second line does not count"),
        (0, "fix:no space"),
    ],
)
def test_commit_titles_follow_conventional_commits(valid: int, message: str):
    (hook,) = [each for each in HOOKS if each["language"] == "pygrep"]

    assert hook["args"] == ["--multiline", "--negate"]
    assert len(re.findall(hook["entry"], message, re.MULTILINE | re.DOTALL)) == valid
