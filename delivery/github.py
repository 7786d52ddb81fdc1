"""git, the GitHub CLI and annotations of GitHub Actions."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def git(*arguments: str, cwd: Path = ROOT) -> str:
    """Run git and return its output."""
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def gh(*arguments: str, text: str = "") -> str:
    """Run the GitHub CLI with a text as its input and return its output; exit if it fails."""
    done = subprocess.run(["gh", *arguments], input=text, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"'gh {arguments[0]} {arguments[1]}' failed (see the error above).")
    return done.stdout.strip()


def annotate(level: str, text: str) -> None:
    """Print a line: in GitHub Actions an annotation of this level (notice, warning, error)."""
    print(f"::{level}::{text}" if os.environ.get("GITHUB_ACTIONS") == "true" else text)
