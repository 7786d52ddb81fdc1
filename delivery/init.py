"""Give a fork its own name: `uv run poe init NAME`.

Optional: everything works under the template's name. The package stays `mlapp`, so imports stay valid and later
versions of the template can be merged. It can be run again.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TEMPLATE, TEMPLATE_HOLDER = "mlapp", "The mlapp developers"
NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
NAME_LENGTH, TITLE_LENGTH, TEXT_LENGTH = 40, 40, 200
CHANGELOG = "# CHANGELOG\n"


class Wanted(NamedTuple):
    """The new names; None keeps what there is."""

    name: str
    title: str
    description: str | None
    holder: str | None
    year: int | None


class Change(NamedTuple):
    """A file before and after."""

    file: str
    before: str
    after: str

    def lines(self) -> Iterator[str]:
        """Yield the new lines."""
        before = set(self.before.splitlines())
        yield from (line.strip() for line in self.after.splitlines() if line not in before)


def main() -> None:
    """Change the files and print the new lines."""
    parser = argparse.ArgumentParser(
        prog="poe init", description="Give a fork its own name. Optional; see docs/setup.md."
    )
    parser.add_argument("name", metavar="NAME", help="project and Render service: lowercase letters, digits, hyphens")
    parser.add_argument("--title", help="title of the pages, /docs and the README; derived from NAME by default")
    parser.add_argument("--description", help="sentence for pyproject.toml; unchanged by default")
    parser.add_argument("--holder", help="copyright holder of your changes; git's user.name by default")
    parser.add_argument("--year", type=int, help="year of the copyright; this year by default")
    parser.add_argument("--dry-run", action="store_true", help="print the changes without making them")
    given = parser.parse_args()

    title = given.title or given.name.replace("-", " ").capitalize()
    wanted = Wanted(given.name, title, given.description, given.holder or git_user(), given.year)
    validate(wanted)
    changes = find_changes(wanted)
    if not given.dry_run:
        for change in changes:
            (ROOT / change.file).write_text(change.after, encoding="utf-8")
    for change in changes:
        print(f"{change.file}:", *change.lines(), sep="\n    ")
    if not wanted.holder:
        print("LICENSE is unchanged: git has no user.name; pass --holder.")
    print("Dry run: nothing was changed." if given.dry_run else f"{len(changes)} files changed.")


def git_user() -> str | None:
    """Return git's user.name, if git is installed and has one."""
    try:
        found = subprocess.run(["git", "config", "user.name"], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None


def validate(wanted: Wanted) -> None:
    """Exit with a message if a value is invalid."""
    if not re.fullmatch(NAME, wanted.name) or len(wanted.name) > NAME_LENGTH:
        sys.exit(
            f"{wanted.name!r} is not a valid name: use up to {NAME_LENGTH} lowercase letters, digits and single "
            "hyphens, starting with a letter, such as 'house-prices'."
        )
    if wanted.name in dependencies():
        sys.exit(f"{wanted.name!r} is a dependency of this project: choose another name.")
    texts = {"title": (wanted.title, TITLE_LENGTH), "description": (wanted.description, TEXT_LENGTH)}
    for option, (text, max_length) in (texts | {"holder": (wanted.holder, TEXT_LENGTH)}).items():
        if text is not None and (
            not text.strip() or not text.isprintable() or len(text) > max_length or set(text) & set('"\\<>&')
        ):
            sys.exit(f'--{option} must be one line of up to {max_length} characters, without ", \\, <, > and &.')


def dependencies() -> set[str]:
    """Return the names of the project's dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project.get("dependency-groups", {}).values()]
    packages = [re.match(r"[\w.-]+", entry) for group in groups for entry in group if isinstance(entry, str)]
    return {re.sub(r"[-_.]+", "-", package[0]).lower() for package in packages if package}


def find_changes(wanted: Wanted) -> list[Change]:
    """Return the files that change, sorted by name; files that the fork has deleted are skipped."""
    edits: dict[str, list[Callable[[str], str]]] = {
        "LICENSE": [partial(license_of, wanted)],
        "README.md": [replacing(r"^# .*", f"# {wanted.title}")],
        "mlapp/__init__.py": [replacing(r"^TITLE = .*", f'TITLE = "{wanted.title}"')],
        "pyproject.toml": [replacing(r"^name = .*", f'name = "{wanted.name}"')],
        "render.yaml": [replacing(r"^( *(?:- )?name:) .*", rf"\g<1> {wanted.name}")],
    }
    if wanted.description:
        edits["pyproject.toml"].append(replacing(r"^description = .*", f'description = "{wanted.description}"'))
    if wanted.name != TEMPLATE and is_template():
        # Only the first time: later it holds the fork's own releases.
        edits["CHANGELOG.md"] = [lambda _: CHANGELOG]
    changes = []
    for file in sorted(edits):
        if not (ROOT / file).exists():
            continue
        before = after = (ROOT / file).read_text(encoding="utf-8")
        for edit in edits[file]:
            after = edit(after)
        if after != before:
            changes.append(Change(file, before, after))
    return changes


def replacing(pattern: str, instead: str) -> Callable[[str], str]:
    """Return a function that replaces the first match of a pattern."""
    return lambda text: re.sub(pattern, instead, text, count=1, flags=re.MULTILINE)


def is_template() -> bool:
    """Return whether the project still has the template's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return bool(project["project"]["name"] == TEMPLATE)


def license_of(wanted: Wanted, text: str) -> str:
    """Return the licence with the fork's notice above the template's, which the MIT licence requires to keep."""
    if not wanted.holder:
        return text
    notices = re.findall(r"^Copyright \(c\) (\d+) (.+)$", text, flags=re.MULTILINE)
    own = next((notice for notice in notices if notice[1] != TEMPLATE_HOLDER), None)
    if own and own[1] == wanted.holder and wanted.year in (None, int(own[0])):
        return text
    notice = f"Copyright (c) {wanted.year or datetime.now(UTC).year} {wanted.holder}\n"
    if own:
        return text.replace("Copyright (c) {} {}\n".format(*own), notice)
    return text.replace("Copyright (c)", f"{notice}Copyright (c)", 1)


if __name__ == "__main__":
    main()
