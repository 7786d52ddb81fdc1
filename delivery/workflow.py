"""A workflow of GitHub Actions, run on this machine: its jobs in order, each in a clone of its own.

Known are the expressions and actions that .github/workflows uses; an unknown one ends the run.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
WORDS = re.compile(r"'[^']*'|[A-Za-z_][\w.-]*\(?|&&|\|\||!(?!=)")
OPERATORS = {"&&": " and ", "||": " or ", "!": " not "}
Job = dict[str, Any]


@dataclass
class Run:
    """One run of a workflow, because something was pushed to a repository or asked to be merged into it."""

    origin: Path
    """The repository, bare."""
    folder: Path
    """Empty; clones and artefacts go there."""
    branch: str
    contexts: dict[str, Any]
    """`github`, `secrets` and `vars`, as expressions see them."""
    environment: dict[str, str]
    """On top of this process's own."""
    instead: dict[str, str]
    """Command → the one that is run in its place."""
    results: dict[str, str] = field(default_factory=dict)
    """Job → success, failure or skipped."""
    said: list[str] = field(default_factory=list)
    """What the steps printed, and which actions would have run."""

    def execute(self, workflow: Path) -> dict[str, str]:
        """Run all jobs of a file, and return what became of each."""
        jobs: dict[str, Job] = yaml.safe_load(workflow.read_text())["jobs"]
        self.contexts["needs"] = self.results
        while waiting := [name for name in jobs if name not in self.results]:
            name = next(name for name in waiting if all(needed in self.results for needed in needs(jobs[name])))
            met = all(self.results[needed] == "success" for needed in needs(jobs[name]))
            wanted = met and self.evaluate(jobs[name].get("if", "true"))
            self.results[name] = self._run(name, jobs[name]) if wanted else "skipped"
            print(f"    {jobs[name]['name']:<16} {self.results[name]}", flush=True)
        return self.results

    def evaluate(self, expression: str) -> Any:
        """Evaluate an expression, with or without its braces."""

        def look_up(path: str) -> Any:
            value: Any = self.contexts
            for name in path.split("."):
                value = value.get(name, "") if isinstance(value, dict) else ""
            return value

        def translate(match: re.Match[str]) -> str:
            word = match[0]
            if word.startswith("'") or word.endswith("("):
                return word
            return OPERATORS.get(word, f"look_up({word!r})")

        plain = expression.strip().removeprefix("${{").removesuffix("}}").strip()
        names = {"look_up": look_up, "cancelled": lambda: False, "__builtins__": {}}
        return plain == "true" or eval(WORDS.sub(translate, plain), names)

    def fill(self, text: Any) -> str:
        """Replace the expressions in a text by their values."""
        return re.sub(r"\$\{\{.*?\}\}", lambda match: str(self.evaluate(match[0])), str(text))

    def _run(self, name: str, job: Job) -> str:
        place, result = self.folder / name, "success"
        place.mkdir()
        self.contexts["steps"] = {}
        for step in job["steps"]:
            condition = str(step.get("if", "true"))
            if (result == "failure" and "cancelled()" not in condition) or not self.evaluate(condition):
                continue
            done = self._shell(step, place) if "run" in step else self._use(step, place)
            tolerated = step.get("continue-on-error", False)
            if not done and not (self.evaluate(tolerated) if isinstance(tolerated, str) else tolerated):
                result = "failure"
        return result

    def _shell(self, step: Job, place: Path) -> bool:
        command: str = self.instead.get(step["run"].strip()) or step["run"]
        output = self.folder / "output"
        output.write_text("")
        environment = self.environment | {name: self.fill(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=place,
            env=outside() | environment | {"GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said.append(done.stdout)
        # Those of one line; longer ones, which semantic-release gives, are asked by nobody.
        outputs = dict(re.findall(r"^(\w+)=(.*)$", output.read_text(), flags=re.MULTILINE))
        self.contexts["steps"][step.get("id", "")] = {"outputs": outputs}
        if done.returncode:
            print(f"    {step['name']}: status {done.returncode}\n" + "\n".join(done.stdout.splitlines()[-30:]))
        return done.returncode == 0

    def _use(self, step: Job, place: Path) -> bool:
        given = {name: self.fill(value) for name, value in step.get("with", {}).items()}
        action = step["uses"].partition("@")[0]
        self.said.append(f"uses {action} {given}")
        match action:
            case "actions/checkout":
                branch = given.get("ref", self.branch)
                git("clone", "--quiet", "--branch", branch, str(self.origin), str(place))
                git("remote", "set-url", "origin", self.environment["REPOSITORY_URL"], cwd=place)
            case "actions/upload-artifact":
                shutil.copytree(place / given["path"], self.folder / f"artifact-{given['name']}")
            case "actions/download-artifact":
                shutil.copytree(self.folder / f"artifact-{given['name']}", place / given["path"])
            case "dorny/test-reporter":
                return any(place.glob(given["path"]))
            case "astral-sh/setup-uv" | "SonarSource/sonarqube-scan-action":
                pass
            case _:
                sys.exit(f"{action} is not known here: say in delivery/workflow.py what it does.")
        return True


def needs(job: Job) -> list[str]:
    """Return the jobs that have to succeed first."""
    needed = job.get("needs", [])
    return [needed] if isinstance(needed, str) else needed


def outside() -> dict[str, str]:
    """Return this process's environment without its virtual one, which the machines of GitHub do not have."""
    own = str(Path(sys.prefix) / "bin")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "VIRTUAL_ENV"))}
    return kept | {"PATH": os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != own)}


def git(*arguments: str, cwd: Path = ROOT) -> str:
    """Run git, and return what it printed."""
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
