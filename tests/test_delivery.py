"""What comes after the code: version, workflow, image and Render's blueprint say the same."""

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from mlapp import __version__
from tests.servers import ROOT

BLUEPRINT = (ROOT / "render.yaml").read_text()
SCHEMA = json.loads((ROOT / "delivery/render.schema.json").read_text())
JOBS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]


def errors(blueprint: str) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(blueprint))]


def with_disk(blueprint: str) -> str:
    return re.sub(
        r"^    # ((?:plan:|disk:|  name:|  mountPath:|  sizeGB:).*)", r"    \1", blueprint, flags=re.MULTILINE
    )


def test_version_is_the_same_in_both_places():
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("job", ["publish", "deploy"])
def test_nothing_is_published_or_deployed_after_a_red_check(job: str):
    others = set(JOBS) - {"publish", "deploy", "version"}

    assert set(JOBS[job]["needs"]) == others
    assert "always()" not in str(JOBS[job]["if"])


def test_blueprint_is_valid_on_the_free_plan_and_with_a_disk():
    paid = with_disk(BLUEPRINT).replace("    plan: free\n", "")

    assert errors(BLUEPRINT) == []
    assert errors(paid) == []
    assert yaml.safe_load(paid)["services"][0]["disk"] == {"name": "models", "mountPath": "/data", "sizeGB": 1}


def test_blueprint_with_a_disk_on_the_free_plan_is_refused():
    both = with_disk(BLUEPRINT).replace("    plan: starter\n", "")

    assert len(errors(both)) == 1


@pytest.mark.parametrize("file", ["Dockerfile", "render.yaml"])
def test_settings_of_image_and_blueprint_are_there(file: str):
    named = set(re.findall(r"MLAPP_[A-Z_]+", (ROOT / file).read_text()))

    assert named <= set(re.findall(r"MLAPP_[A-Z_]+", (ROOT / ".env.example").read_text()))
