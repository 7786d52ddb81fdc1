"""Links, files, tasks, functions and diagrams in the documents are valid."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.servers import ROOT

TASKS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["poe"]["tasks"]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "benchmarks/**/*.md", ".github/**/*.md", ".github/**/*.yml")
    for path in ROOT.glob(pattern)
    # Generated from the commits.
    if path.name != "CHANGELOG.md"
)
SETTINGS_OF_EDITORS = [*ROOT.glob(".vscode/*.json"), *ROOT.glob(".devcontainer/*.json")]
EXAMPLES = {
    "mlapp/api/routes/notes.py",
    "pages/notes.py",
    "tests/api/routes/test_notes.py",
    "tests/pages/test_notes.py",
    "versions/7/",
}
"""Files that a document describes as new, or that the app writes."""
OPENING, CLOSING = ("alt", "opt", "loop", "par", "critical", "rect", "box"), "end"
ARROW = r"(\w+) *(?:-->>|->>|--\)|-\)|--x|-x) *(\w+):"


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def prose(document: str) -> str:
    """Return a document without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return GitHub's anchors of the headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_have_targets(document: str):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        # Other sites, and badges on GitHub.
        if re.match(r"[a-z]+:|\.\./\.\./", link):
            continue
        file, _, anchor = link.partition("#")
        target = ((ROOT / document).parent / file) if file else ROOT / document
        assert target.exists(), f"{document} links to {link}"
        assert not anchor or anchor in anchors(target), f"{document} links to {link}, which has no such heading"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_files_exist(document: str):
    for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", prose(document)):
        a_path = re.search(r"\.(py|md|ya?ml|toml|txt|ini|cfg)$", name) or (ROOT / name.partition("/")[0]).is_dir()
        if "/" in name and a_path and name not in EXAMPLES:
            assert (ROOT / name).exists() or (ROOT / document).parent.joinpath(name).exists(), f"{document}: {name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_tasks_exist(document: str):
    named = re.findall(r"(?<![\w-])poe (?:-q )?([a-z][\w-]*)", (ROOT / document).read_text())

    assert set(named) <= TASKS.keys(), document


def test_readme_describes_every_task():
    readme = (ROOT / "README.md").read_text()

    assert [task for task in TASKS if not task.startswith("_") and not re.search(rf"poe .*\b{task}\b", readme)] == []
    assert all("help" in task for name, task in TASKS.items() if not name.startswith("_"))


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_diagrams_are_valid(document: str):
    for diagram in blocks(document, "mermaid"):
        kind, *lines = [line.strip() for line in diagram.strip().splitlines()]
        assert kind in ("sequenceDiagram", "flowchart TD")
        # Mermaid ends a statement at it, even inside a text.
        assert ";" not in diagram
        words = [line.split()[0] for line in lines if line]
        assert sum(word in OPENING for word in words) == words.count(CLOSING)
        participants = set(re.findall(r"participant (\w+) as ", diagram))
        assert {name for line in lines for arrow in re.findall(ARROW, line) for name in arrow} == participants


def test_functions_in_the_architecture_exist():
    code = "\n".join(path.read_text() for folder in ("mlapp", "pages") for path in (ROOT / folder).rglob("*.py"))
    diagrams = "".join(blocks("docs/architecture.md", "mermaid"))

    named = set(re.findall(r"(\w+)\(", diagrams))
    classes = set(re.findall(r"\b([A-Z][a-z]+[A-Z]\w+)\b", diagrams)) - {"GitHub", "SonarQube"}

    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in code + (ROOT / "main.py").read_text()} <= {"Progress"}
    assert {name for name in classes if f"class {name}" not in code} == set()


@pytest.mark.parametrize("path", SETTINGS_OF_EDITORS, ids=lambda path: path.name)
def test_settings_of_editors_are_plain_json(path: Path):
    assert json.loads(path.read_text())


def test_editors_run_the_same_commands_as_the_tasks():
    launched = json.loads((ROOT / ".vscode/launch.json").read_text())["configurations"]
    served = {each["name"]: " ".join(["main.py", *each.get("args", [])]) for each in launched if "program" in each}
    run = json.loads((ROOT / ".vscode/tasks.json").read_text())["tasks"]

    assert served == {name: TASKS[name]["cmd"].removeprefix("python ") for name in ("serve", "serve-api", "serve-ui")}
    assert all(task["command"] == f"uv run poe {task['label']}" and task["label"] in TASKS for task in run)


def test_modules_in_security_exist():
    modules = re.findall(r"python -m (\S+)", (ROOT / "SECURITY.md").read_text())

    assert modules
    assert [module for module in modules if not (ROOT / (module.replace(".", "/") + ".py")).exists()] == []
