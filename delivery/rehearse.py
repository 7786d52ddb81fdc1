"""From the first push to production, on this machine: the steps of .github/workflows as they stand there.

`uv run poe rehearse` runs them on fresh clones: a first push and a pull request without any secret, the same request
and its merge with all of them, what runs on schedule, and at last a push whose test fails and whose dependencies are
vulnerable. GitHub, Render and osv.dev are fakes (`delivery/fakes.py`). The whole test suite and the image, which take
long or need Docker, are replaced by something short; `--full` runs them.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from delivery.fakes import Fakes
from delivery.workflow import ROOT, Run, git, outside

NAME, KEY = "Owner/my.app", "a-key-of-render"
URL = f"https://github.com/{NAME}"
SECRETS = {"PUSH_TOKEN": "token", "SONAR_TOKEN": "token", "RENDER_API_KEY": KEY, "RENDER_SERVICE_ID": "srv-1"}
TEST = "tests/test_errors.py"
INSTEAD = {
    "uv run poe test": f"uv run coverage run -m pytest -q --junit-xml reports/junit.xml {TEST}"
    " && uv run coverage combine -q && uv run coverage xml -q --fail-under 0 -o reports/coverage.xml",
    "uv run poe image-test": "test -s Dockerfile",
}
# A week brings new releases, whatever day it is.
ALWAYS_INSTEAD = {"uv run poe upgrade --propose": "uv run poe upgrade --propose --days 0"}
CHANGELOG = "# CHANGELOG\n\n\n## v0.1.0 (2026-01-01)\n\n- Initial Release\n"


class Rehearsal:
    """A repository, and what is pushed to it."""

    def __init__(self, folder: Path, fakes: Fakes, *, full: bool) -> None:
        self.folder, self.fakes = folder, fakes
        self.instead = ALWAYS_INSTEAD | ({} if full else INSTEAD)
        self.origin, self.work = folder / "origin.git", folder / "work"
        user = f"x-access-token:{SECRETS['PUSH_TOKEN']}"
        (folder / "gitconfig").write_text(
            f'[url "{self.origin}"]\n  insteadOf = https://{user}@github.com/{NAME}\n'
            "[user]\n  name = You\n  email = you@example.org\n"
        )
        os.environ["GIT_CONFIG_GLOBAL"] = str(folder / "gitconfig")
        git("clone", "--quiet", str(ROOT), str(self.work))
        git("checkout", "--quiet", "--orphan", "main-of-its-own", cwd=self.work)
        self._set_version()
        self.commit("feat: all that there is")
        git("branch", "--quiet", "--force", "--move", "main", cwd=self.work)
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", self.origin], check=True)
        git("remote", "set-url", "origin", str(self.origin), cwd=self.work)
        git("push", "--quiet", "origin", "main", cwd=self.work)

    def _set_version(self) -> None:
        for name, pattern in {"mlapp/__init__.py": "__version__", "pyproject.toml": "version"}.items():
            path = self.work / name
            path.write_text(re.sub(rf'^{pattern} = ".*"', f'{pattern} = "0.1.0"', path.read_text(), flags=re.MULTILINE))
        (self.work / "CHANGELOG.md").write_text(CHANGELOG)

    def commit(self, title: str) -> None:
        """Commit all that was changed."""
        git("add", "--all", cwd=self.work)
        git("commit", "--quiet", "--no-verify", "--message", title, cwd=self.work)

    def run(
        self, what: str, branch: str, secrets: dict[str, str], event: dict[str, Any], workflow: str = "ci.yml"
    ) -> Run:
        """Run a workflow for a branch, because it was pushed unless the event says something else."""
        print(f"{what}, {'all secrets' if secrets else 'no secret'}", flush=True)
        sha = git("rev-parse", branch, cwd=self.work)
        github = {"repository": NAME, "sha": sha, "token": "token", "ref_name": branch} | {
            "event": event | {"repository": {"default_branch": "main"}},
            "event_name": next(iter(event), "push"),
            "head_ref": branch if "pull_request" in event else "",
        }
        environment = self.fakes.environment | {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": sha,
            "MYPY_CACHE_DIR": str(self.folder / "mypy"),
            "PATH": f"{self.fakes.folder}/bin:{outside()['PATH']}",
            "REPOSITORY_URL": URL,
        }
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        run = Run(self.origin, folder, branch, {"github": github, "secrets": secrets}, environment, self.instead)
        text = (ROOT / ".github/workflows" / workflow).read_text()
        (folder / workflow).write_text(text.replace("https://api.render.com/v1", self.fakes.api))
        run.execute(folder / workflow)
        return run


def check(what: str, *, right: bool) -> None:
    """End unless something is as it has to be."""
    print(f"    {'as it should be' if right else 'WRONG'}: {what}", flush=True)
    if not right:
        sys.exit(1)


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(description="Run the steps of the workflow on this machine.")
    parser.add_argument("--full", action="store_true", help="the whole test suite and the image, too")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fakes").mkdir()
        with Fakes(folder / "fakes", folder / "origin.git", KEY).answering() as fakes:
            tell(Rehearsal(folder, fakes, full=parser.parse_args().full), fakes)


def tell(here: Rehearsal, fakes: Fakes) -> None:
    """Push, ask to merge, merge, and break."""
    request = {"pull_request": {"number": 1, "head": {"repo": {"full_name": NAME}}}}

    first = here.run("First push", "main", {}, {})
    check("no job is red", right="failure" not in first.results.values())
    check("v0.1.0 is released, nothing deployed", right=len(fakes.released) == 1 and not fakes.deployed)

    git("checkout", "--quiet", "-b", "idea", cwd=here.work)
    (here.work / "idea.md").write_text("An idea.\n")
    here.commit("feat: an idea")
    git("push", "--quiet", "origin", "idea", cwd=here.work)
    alone = here.run("Pull request", "idea", {}, request)
    check("no job is red", right="failure" not in alone.results.values())
    check("the version to commit is told", right="This makes version 0.2.0" in "".join(alone.said))

    fakes.vulnerable |= {"fastapi": "99", "ruff": "99"}
    asked = here.run("Pull request, vulnerable dependencies", "idea", SECRETS, request)
    check("no job is red", right="failure" not in asked.results.values())
    check("the vulnerabilities are reported", right="::error::fastapi" in "".join(asked.said))
    fakes.vulnerable.clear()
    check("SonarQube Cloud is asked", right="-Dsonar.projectKey=Owner_my.app" in "".join(asked.said))
    git("pull", "--quiet", "origin", "idea", cwd=here.work)
    title = git("log", "-1", "--format=%s", cwd=here.work)
    check(f"the branch has '{title}'", right=title == "chore(release): version 0.2.0")

    git("checkout", "--quiet", "main", cwd=here.work)
    git("merge", "--quiet", "idea", cwd=here.work)
    git("push", "--quiet", "origin", "main", cwd=here.work)
    merged = here.run("Merge", "main", SECRETS, {})
    check(
        "all jobs but Version are green",
        right=list(merged.results.values()).count("success") == len(merged.results) - 1,
    )
    check(
        "v0.2.0 is released", right=len(fakes.released) == 2 and fakes.released[1].startswith("release create v0.2.0 ")
    )
    check("its notes tell the idea", right="An idea" in (fakes.folder / "notes").read_text())
    check("Render has the commit", right=fakes.deployed == [git("rev-parse", "HEAD", cwd=here.work)])

    fakes.vulnerable |= {"fastapi": "99", "ruff": "99"}
    here.run("Audit", "main", {}, {"schedule": {}}, "audit.yml")
    check("an issue lists both", right=all(name in fakes.body for name in fakes.vulnerable))
    here.run("Upgrade", "main", {}, {"schedule": {}}, "upgrade.yml")
    check(
        "a pull request lists the upgrades and says why no checks run",
        right="→" in fakes.body and "no checks" in fakes.body,
    )
    again = here.run("Upgrade", "main", SECRETS, {"schedule": {}}, "upgrade.yml")
    check("one pull request at a time", right="is still open" in "".join(again.said))

    (here.work / TEST).write_text("def test_that_fails():\n    assert not __name__\n")
    here.commit("feat: something broken")
    git("push", "--quiet", "origin", "main", cwd=here.work)
    red = here.run("Push with a failing test, vulnerable dependencies", "main", SECRETS, {}).results
    check("Lint and Test is red, and Audit", right=(red["lint-and-test"], red["audit"]) == ("failure", "failure"))
    check("Publish and Deploy are skipped", right=(red["publish"], red["deploy"]) == ("skipped", "skipped"))
    check("nothing more is released or deployed", right=(len(fakes.released), len(fakes.deployed)) == (2, 1))


if __name__ == "__main__":
    main()
