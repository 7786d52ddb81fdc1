"""GET /metrics, checked by a strict parser, and by promtool if it is installed."""

import asyncio
import json
import re
import shutil
import subprocess
from typing import Any, NamedTuple

import httpx
import pytest

from mlapp import __version__
from mlapp.schemas import VersionInfo
from mlapp.services import Services
from tests.api.conftest import CSV, make_default, row_of
from tests.servers import ROOT

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VALUE = r"[+-]?(?:Inf|NaN|\d+(?:\.\d+)?(?:e[+-]\d+)?)"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? ({VALUE})")
UNITS = ("_seconds", "_bytes", "_info", "_total")
OPERATIONS = ROOT / "docs/operations.md"


class Sample(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float


class Family(NamedTuple):
    kind: str
    help: str
    samples: list[Sample]


def families(text: str) -> dict[str, Family]:
    """Parse the text format, and fail at the first invalid line.

    Source: https://prometheus.io/docs/instrumenting/exposition_formats
    """
    assert text.endswith("\n")
    found: dict[str, Family] = {}
    lines = iter(text.removesuffix("\n").split("\n"))
    name = ""
    for line in lines:
        if line.startswith("# HELP "):
            name, _, about = line.removeprefix("# HELP ").partition(" ")
            mark, kind = next(lines).rsplit(" ", 1)
            assert mark == f"# TYPE {name}"
            assert name not in found, f"{name} is repeated"
            found[name] = Family(kind, about, [])
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"Invalid sample: {line!r}"
        labels = {
            each.partition("=")[0]: json.loads(each.partition("=")[2]) for each in re.findall(LABEL, match[2] or "")
        }
        suffixes = ("_bucket", "_sum", "_count") if found[name].kind == "histogram" else ("",)
        assert match[1] in [name + suffix for suffix in suffixes]
        found[name].samples.append(Sample(match[1], labels, float(match[3])))
    return found


async def scraped(http: httpx.AsyncClient) -> dict[str, Family]:
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return families(answer.text)


def value(found: dict[str, Family], name: str, **labels: str) -> float:
    """Return the value of a sample, 0 if it does not exist yet."""
    family = next(family for known, family in found.items() if name.startswith(known))
    values = [sample.value for sample in family.samples if (sample.name, sample.labels) == (name, labels)]
    assert len(values) <= 1
    return values[0] if values else 0.0


async def test_metrics_follow_the_naming_rules(http: httpx.AsyncClient, regression: VersionInfo):
    await make_default(http, regression)
    await http.post("/predict", json={"records": [row_of(regression)]})
    await http.get("/models/nothing")

    found = await scraped(http)

    for name, family in found.items():
        assert re.fullmatch(r"mlapp_[a-z_]+", name)
        assert family.help.endswith(".")
        assert family.kind in ("counter", "gauge", "histogram")
        assert name.endswith("_total") is (family.kind == "counter")
        assert "_ms" not in name
        assert family.kind != "histogram" or name.endswith("_seconds")
        assert len({(sample.name, *sample.labels.items()) for sample in family.samples}) == len(family.samples)


async def test_histogram_buckets_are_cumulative(http: httpx.AsyncClient):
    await http.get("/health")

    histograms = [family for family in (await scraped(http)).values() if family.kind == "histogram"]

    assert len(histograms) == 4
    for family in histograms:
        series: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
        for sample in family.samples:
            rest = tuple((name, text) for name, text in sample.labels.items() if name != "le")
            if sample.name.endswith("_bucket"):
                series.setdefault(rest, []).append((float(sample.labels["le"]), sample.value))
            elif sample.name.endswith("_count"):
                assert sample.value == series[rest][-1][1]
        for buckets in series.values():
            assert buckets == sorted(buckets)
            assert sorted(count for _, count in buckets) == [count for _, count in buckets]
            assert buckets[-1][0] == float("inf")


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian's package prometheus) is not installed")
async def test_promtool_accepts_the_metrics(http: httpx.AsyncClient):
    text = (await http.get("/metrics")).content

    check = ["promtool", "check", "metrics"]
    done = await asyncio.to_thread(subprocess.run, check, input=text, capture_output=True, timeout=60, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


async def test_predictions_and_warnings_are_counted_on_every_path(http: httpx.AsyncClient, machines: VersionInfo):
    await make_default(http, machines)
    row, far = row_of(machines), row_of(machines) | {"age": 100_000}
    before = await scraped(http)

    for body in ({"records": [row, row]}, {"records": [far]}, {"records": "none"}):
        await http.post("/predict", json=body)
    await http.post("/predict", content=as_csv([far, far, row]), headers={"Content-Type": CSV})

    after = await scraped(http)

    def increase(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert increase("mlapp_predictions_total", model="machines") == 6
    assert increase("mlapp_prediction_warnings_total", model="machines") == 3
    assert increase("mlapp_prediction_requests_total", model="machines", status="2xx") == 3
    assert increase("mlapp_prediction_requests_total", model="machines", status="4xx") == 1
    assert increase("mlapp_prediction_duration_seconds_count") == 4
    assert 0 < increase("mlapp_prediction_duration_seconds_sum") < 60
    assert increase("mlapp_http_requests_total", method="POST", route="/predict", status="2xx") == 3
    assert increase("mlapp_http_requests_total", method="POST", route="/predict", status="4xx") == 1
    assert increase("mlapp_http_request_duration_seconds_count", route="/predict") == 4
    assert increase("mlapp_http_refusals_total", status="422") == 1


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    lines = [list(rows[0]), *[list(map(str, row.values())) for row in rows]]
    return "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines).encode()


async def test_requests_are_counted_by_template_and_model(http: httpx.AsyncClient, regression: VersionInfo):
    path = f"/models/{regression.model}/predict"
    await http.post(path, json={"records": [row_of(regression)]})
    before = await scraped(http)

    await http.post(path, json={"records": [row_of(regression)]})
    await http.post("/models/nothing/predict", json={"records": [row_of(regression)]})

    after = await scraped(http)
    for name, labels in (
        ("mlapp_http_requests_total", {"method": "POST", "route": "/models/{model}/predict", "status": "2xx"}),
        ("mlapp_http_requests_total", {"method": "POST", "route": "/models/{model}/predict", "status": "4xx"}),
        ("mlapp_prediction_requests_total", {"model": regression.model, "status": "2xx"}),
        ("mlapp_predictions_total", {"model": regression.model}),
    ):
        assert value(after, name, **labels) - value(before, name, **labels) == 1


async def test_trainings_and_models_are_counted(http: httpx.AsyncClient, services: Services, regression: VersionInfo):
    await make_default(http, regression)
    before = await scraped(http)
    bad = await http.post("/train", json={"dataset": "wine", "target": "nothing"})
    assert bad.status_code == 422
    trained = await http.post("/train", json={"dataset": "wine", "estimator": "linear"})

    after = await scraped(http)

    for outcome in ("succeeded", "failed"):
        for name in ("mlapp_trainings_total", "mlapp_training_duration_seconds_count"):
            assert value(after, name, outcome=outcome) - value(before, name, outcome=outcome) == 1
    assert value(after, "mlapp_training_duration_seconds_sum", outcome="succeeded") > 0
    assert value(after, "mlapp_trainings_running") == value(after, "mlapp_trainings_queued") == 0
    assert value(after, "mlapp_models") == len((await services.models.list()).models)
    assert value(after, "mlapp_versions") - value(before, "mlapp_versions") == 1
    assert value(after, "mlapp_active_version", model="wine") == trained.json()["version"]
    assert value(after, "mlapp_default_version") == regression.version


async def test_process_metrics_exist_without_a_model(own: httpx.AsyncClient):
    found = await scraped(own)

    assert (value(found, "mlapp_models"), value(found, "mlapp_default_version")) == (0, 0)
    assert value(found, "mlapp_app_info", version=__version__) == 1
    assert 20_000_000 < value(found, "mlapp_process_resident_memory_bytes") < 10_000_000_000
    assert value(found, "mlapp_process_cpu_seconds_total") > 0
    assert value(found, "mlapp_process_start_time_seconds") > 1_700_000_000
    assert 0 < value(found, "mlapp_process_uptime_seconds") < 3_600


async def test_number_of_series_is_limited(http: httpx.AsyncClient):
    async def ask() -> int:
        for number in range(50):
            await http.get(f"/zebra{number}")
            await http.get(f"/models/zebra{number}")
            await http.post(f"/models/zebra{number}/predict", json={"records": [{}]})
            await http.get(f"/models/diabetes/versions/{number + 5_000}")
            await http.get("/health", params={"q": f"zebra{number}"})
            await http.request(f"ZEBRA{number}", "/health")
        text = (await http.get("/metrics")).text
        assert "zebra" not in text.lower()
        assert 'method="other"' in text
        return text.count("\n")

    assert await ask() == await ask()


@pytest.mark.skipif(not OPERATIONS.exists(), reason="There is no docs/operations.md")
async def test_documentation_names_every_metric(http: httpx.AsyncClient):
    rows = re.findall(r"^\| (`mlapp_[^|]*)", OPERATIONS.read_text(), flags=re.MULTILINE)
    documented = [name for row in rows for name in re.findall(r"`(\w+)`", row)]

    assert sorted(documented) == sorted(await scraped(http)), "Update the list of metrics in docs/operations.md."
