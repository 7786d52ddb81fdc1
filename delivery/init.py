"""Make a fork one's own: `uv run poe init NAME`.

Optional: everything works under the name that it has. The package stays `mlapp`, so that no import changes and what the
template brings later can be merged. To run it again, with other words, does no harm.
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
    """What the fork is to be called; None leaves what there is."""

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
        """Yield the lines that are new."""
        before = set(self.before.splitlines())
        yield from (line.strip() for line in self.after.splitlines() if line not in before)


def main() -> None:
    """Change the files and say what changed."""
    parser = argparse.ArgumentParser(
        prog="poe init", description="Give a fork its own name. Optional; see docs/setup.md."
    )
    parser.add_argument(
        "name", metavar="NAME", help="of the project and the service on Render: small letters, digits, hyphens"
    )
    parser.add_argument("--title", help="above the pages, in /docs and the README; made from NAME by default")
    parser.add_argument("--description", help="a sentence for pyproject.toml; stays as it is by default")
    parser.add_argument("--holder", help="who holds the copyright of what is new; git's user.name by default")
    parser.add_argument("--year", type=int, help="of the copyright; this year by default")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    given = parser.parse_args()

    title = given.title or given.name.replace("-", " ").capitalize()
    wanted = Wanted(given.name, title, given.description, given.holder or git_user(), given.year)
    refuse(wanted)
    changes = find_changes(wanted)
    if not given.dry_run:
        for change in changes:
            (ROOT / change.file).write_text(change.after, encoding="utf-8")
    for change in changes:
        print(f"{change.file}:", *change.lines(), sep="\n    ")
    if not wanted.holder:
        print("LICENSE is as it was: git knows no user.name; say --holder.")
    print("Nothing was changed; this is what would." if given.dry_run else f"{len(changes)} files changed.")


def git_user() -> str | None:
    """Return whom git takes for the author of commits, where there is git and it knows."""
    try:
        found = subprocess.run(["git", "config", "user.name"], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None


def refuse(wanted: Wanted) -> None:
    """End with a sentence when a word cannot stand where it is to stand."""
    if not re.fullmatch(NAME, wanted.name) or len(wanted.name) > NAME_LENGTH:
        sys.exit(
            f"{wanted.name!r} is no name for a project: it takes up to {NAME_LENGTH} small letters, digits and single "
            "hyphens, and begins with a letter, like 'house-prices'."
        )
    if wanted.name in needed():
        sys.exit(f"{wanted.name!r} is a package that this project needs, so it cannot be called the same.")
    texts = {"title": (wanted.title, TITLE_LENGTH), "description": (wanted.description, TEXT_LENGTH)}
    for option, (text, most) in (texts | {"holder": (wanted.holder, TEXT_LENGTH)}).items():
        if text is not None and (
            not text.strip() or not text.isprintable() or len(text) > most or set(text) & set('"\\<>&')
        ):
            sys.exit(f'--{option} takes one line of up to {most} characters, without ", \\, <, > and &.')


def needed() -> set[str]:
    """Return the names of the packages that the project needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project.get("dependency-groups", {}).values()]
    packages = [re.match(r"[\w.-]+", entry) for group in groups for entry in group if isinstance(entry, str)]
    return {re.sub(r"[-_.]+", "-", package[0]).lower() for package in packages if package}


def find_changes(wanted: Wanted) -> list[Change]:
    """Return the files that change, in the order of their names; those that a fork has deleted are passed over."""
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
        # Once: later it holds the fork's own releases.
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
    """Return what replaces the first line that a pattern finds."""
    return lambda text: re.sub(pattern, instead, text, count=1, flags=re.MULTILINE)


def is_template() -> bool:
    """Return whether the project still has the template's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return bool(project["project"]["name"] == TEMPLATE)


def license_of(wanted: Wanted, text: str) -> str:
    """Return the licence with the fork's holder above the template's, whose notice the MIT licence asks to keep."""
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
