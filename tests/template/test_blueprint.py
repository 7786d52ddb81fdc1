"""Render's blueprint is valid as it is, and with its commented lines for a paid plan with a disk."""

import json
import re

import jsonschema
import yaml

from tests.servers import ROOT

BLUEPRINT = (ROOT / "render.yaml").read_text()
SCHEMA = json.loads((ROOT / "delivery/render.schema.json").read_text())


def errors(blueprint: str) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(blueprint))]


def with_disk(blueprint: str) -> str:
    return re.sub(
        r"^    # ((?:plan:|disk:|  name:|  mountPath:|  sizeGB:).*)", r"    \1", blueprint, flags=re.MULTILINE
    )


def test_blueprint_is_valid_on_the_free_plan_and_with_a_disk():
    paid = with_disk(BLUEPRINT).replace("    plan: free\n", "")

    assert errors(BLUEPRINT) == []
    assert errors(paid) == []
    assert yaml.safe_load(paid)["services"][0]["disk"] == {"name": "store", "mountPath": "/data", "sizeGB": 1}


def test_blueprint_with_a_disk_on_the_free_plan_is_invalid():
    both = with_disk(BLUEPRINT).replace("    plan: starter\n", "")

    assert len(errors(both)) == 1
