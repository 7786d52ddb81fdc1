"""The model card."""

import ast
import json
import re
import shlex
from typing import Any

import pytest

from mlapp.presentation.model_card import card
from mlapp.schemas import ColumnType, DataSource, Decision, Evaluation, Feature, IgnoredColumn, VersionInfo
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import Fitted

URL = "http://localhost:8000/"
HOSTILE = 'a"b\n---\nc|d <img src=x onerror=e()> `f` ``` {g}'


@pytest.fixture
def regression(store: ModelStore, diabetes: Fitted) -> VersionInfo:
    return describe(store, "diabetes", diabetes.add_to(store))


@pytest.fixture
def classification(store: ModelStore, wine: Fitted) -> VersionInfo:
    return describe(store, "wine", wine.activate_in(store))


def but(info: VersionInfo, **changed: Any) -> VersionInfo:
    return info.model_copy(update=changed)


def front_matter(text: str) -> dict[str, Any]:
    """Return the metadata: one line per field, values as JSON."""
    opening, *lines = text.split("\n")
    assert opening == "---"
    return {
        name: json.loads(value) for name, _, value in (line.partition(": ") for line in lines[: lines.index("---")])
    }


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0].strip()


def cells(text: str, name: str) -> list[str]:
    """Return the cells of the table row that begins with a name."""
    (line,) = [line for line in text.split("\n") if line.startswith(f"| {name} |")]
    return line[2:-2].split(" | ")


def code(text: str, language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)\n```$", text, flags=re.MULTILINE | re.DOTALL)
    return str(block)


def test_front_matter_follows_hugging_face(regression: VersionInfo, classification: VersionInfo):
    data = front_matter(card(regression, URL))

    assert (data["library_name"], data["pipeline_tag"]) == ("sklearn", "tabular-regression")
    assert {"tabular-regression", "sklearn"} <= set(data["tags"])
    (result,) = data["model-index"][0]["results"]
    assert {metric["type"]: metric["value"] for metric in result["metrics"]} == regression.metrics
    assert front_matter(card(classification, URL))["pipeline_tag"] == "tabular-classification"


def test_card_summary_has_target_task_and_quality(regression: VersionInfo, classification: VersionInfo):
    first, second = card(regression, URL), card(classification, URL)

    assert "It predicts progression from 10 columns: a regression by linear model. It is not active: " in first
    assert "it answers requests to `/models/diabetes/predict?version=1`." in first
    assert "always predicting the average" in first
    assert "It predicts one of 3 classes: class\\_0, class\\_1, class\\_2. It is the active version of the" in second
    assert "default model: it answers requests to `/predict` and to `/models/wine/predict`." in second
    assert "always predicting the most frequent value" in second


def test_card_of_a_version_with_a_leak_says_so_first(classification: VersionInfo):
    info = but(classification, suspected_leaks=["ash"], metrics=classification.metrics | {"accuracy": 1.0})

    said = card(info, URL)

    assert "**Too good to be true: 'ash' gives 'cultivar' away" in said


def test_card_names_model_and_version(regression: VersionInfo):
    text = card(regression, URL)

    assert front_matter(text)["model_name"] == "diabetes, version 1"
    assert "\n# diabetes, version 1\n" in text
    assert card(but(regression, model="my_model"), URL).count("\n# my\\_model, version 1\n") == 1


def test_card_names_the_address_of_the_active_version(classification: VersionInfo):
    text = card(but(classification, default=False), URL)

    assert "It is active: it answers requests to `/models/wine/predict` that name no version." in text


def test_description_of_the_model_is_quoted(regression: VersionInfo):
    text = card(regression, URL, description="Progression *after* a year.")

    assert "# diabetes, version 1\n\n> Progression \\*after\\* a year.\n\nIt predicts" in text


def test_evaluation_has_metrics_and_baseline(regression: VersionInfo):
    said = section(card(regression, URL), "Evaluation")

    assert cells(said, "R²")[1].startswith(f"{regression.metrics['r2']:.3f} ± ")
    assert "how much of the differences" in cells(said, "R²")[3]
    assert cells(said, "Average error")[2] == "65.8"
    assert "five-fold cross-validation" in said
    assert "about 90% of true values" in said
    assert cells(said, "Linear model")[1].startswith(f"{regression.leaderboard[0].score:.1f} ± ")


def test_leaderboard_has_weights_and_says_what_was_stopped(regression: VersionInfo):
    (entry,) = regression.leaderboard
    members = [entry.model_copy(update={"estimator": name, "weight": 0.5}) for name in ("linear", "kernel")]
    stopped = entry.model_copy(update={"estimator": "worse", "folds": 1})

    said = section(card(but(regression, leaderboard=[*members, stopped]), URL), "Evaluation")

    assert cells(said, "Kernel model")[1] == "50%"
    assert cells(said, "Worse")[1] == ""
    assert cells(said, "Worse")[2].endswith(" (first fold only)")


def test_card_says_whether_probabilities_are_calibrated(classification: VersionInfo):
    plain = but(classification, parameters={})
    tempered = but(classification, parameters={"temperature": 1.5})

    assert "probabilities are those of the estimator" in card(plain, URL)
    assert "calibrated by temperature scaling" in card(tempered, URL)


def test_evaluation_names_the_split(classification: VersionInfo):
    assert "five-fold cross-validation (stratified for classes)" in card(classification, URL)
    assert "on the latest fifth of the rows" in card(but(classification, evaluation=Evaluation.LATEST), URL)
    assert "20,000 random held-out rows" in card(but(classification, evaluation=Evaluation.HELD_OUT), URL)
    groups = but(classification, evaluation=Evaluation.GROUPS, group_column="plot*")
    assert r"no group has both training and test rows (by plot\*)." in card(groups, URL)


def test_coverage_is_claimed_only_where_it_is_verified(regression: VersionInfo):
    assert "they should cover about" in card(regression, URL)
    unverified = card(but(regression, coverage_verified=False), URL)
    assert "they should cover" not in unverified
    assert "The coverage of its intervals is not verified: the rows depend on each other" in unverified


def test_metric_without_a_baseline_or_meaning_has_empty_cells(classification: VersionInfo):
    info = but(classification, metrics=classification.metrics | {"gain": 1.5})

    assert cells(section(card(info, URL), "Evaluation"), "Gain") == ["Gain", "1.500", "", ""]


def test_features_are_described_by_training_values(regression: VersionInfo):
    many = [f"k{place:02}" for place in range(12)]
    features = [
        Feature(name="n", type=ColumnType.NUMBER, required=True, example=1.5, min=-2.5, max=1_234.5, mean=0.0),
        Feature(name="b", type=ColumnType.BOOLEAN, required=False, example=True),
        Feature(name="c", type=ColumnType.CATEGORY, required=True, example="k00", categories=many),
        Feature(
            name="d", type=ColumnType.DATETIME, required=True, example="2024-01-31", min="2024-01-31", max="2024-02-01"
        ),
        Feature(name="e", type=ColumnType.CATEGORY, required=False, example=None, categories=[]),
    ]

    said = section(card(but(regression, features=features), URL), "Features")

    assert cells(said, "n") == ["n", "number", "-2.5 to 1,234", "none", "1.5"]
    assert cells(said, "b")[2:] == ["true or false", "yes (optional feature)", "true"]
    assert cells(said, "c")[2] == ", ".join(many[:10]) + ", … (12 in total)"
    assert cells(said, "d")[2] == "2024-01-31 to 2024-02-01"
    assert cells(said, "e")[2:4] == ["none", "yes (optional feature)"]


def test_card_lists_unused_columns_and_warnings(regression: VersionInfo):
    ignored = [IgnoredColumn(name="id", reason="has a distinct text in every row, like a name or an ID")]
    info = but(regression, ignored=ignored, rows_dropped=3, warnings=["Column 'x|y' is suspicious."])
    info = but(info, library_versions=info.library_versions | {"scikit-learn": "0.24.2"})

    text = card(info, URL)

    assert "442 rows of the bundled table diabetes; 3 rows without a target" in section(text, "Data")
    assert cells(section(text, "Data"), "id")[1] == ignored[0].reason
    assert "- Column 'x&#124;y' is suspicious." in section(text, "Limits")
    assert "It cannot be loaded on this server. It was trained with scikit-learn 0.24.2" in text


def test_note_is_quoted(regression: VersionInfo):
    noted = card(but(regression, note="For Q3\n--- not on Simulated data"), URL)

    assert section(noted, "Note") == "> For Q3\n>\n> &#45;-- not on Simulated data"
    assert "simulated" not in noted


@pytest.mark.parametrize(
    ("source", "said", "simulated"),
    [
        (None, "Trained on 442 rows; 0", False),
        (DataSource(file="Q3 *sales*.csv"), "Trained on 442 rows of the file Q3 \\*sales\\*.csv; 0", False),
        (DataSource(dataset="wine", simulated=False), "Trained on 442 rows of the bundled table wine; 0", False),
        (
            DataSource(dataset="machines", simulated=True),
            "Trained on 442 rows of the simulated table machines; 0",
            True,
        ),
    ],
)
def test_card_names_the_data_source(regression: VersionInfo, source: DataSource | None, said: str, *, simulated: bool):
    written = card(but(regression, source=source), URL)

    assert section(written, "Data").startswith(said)
    assert ("simulated data" in section(written, "Limits")) is simulated
    assert "## Note" not in card(regression, URL)


def test_many_classes_are_truncated(classification: VersionInfo):
    assert "one of 12 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …." in card(
        but(classification, classes=list(range(12))), URL
    )


def test_card_has_what_reproduces_the_version(regression: VersionInfo):
    said = section(card(regression, URL), "Reproducibility")

    assert (cells(said, "Seed")[1], cells(said, "linear: alpha")[1]) == ("0", str(regression.parameters["alpha"]))
    assert cells(said, "scikit-learn")[1] == regression.library_versions["scikit-learn"]
    assert f"`{regression.data_sha256}`" in card(regression, URL)


def test_hostile_text_is_escaped(classification: VersionInfo):
    feature = classification.features[0].model_copy(update={"name": HOSTILE, "example": HOSTILE})
    importance = [each.model_copy(update={"feature": HOSTILE}) for each in classification.importance]
    info = but(
        classification, target=HOSTILE, classes=[HOSTILE], note=HOSTILE, warnings=[HOSTILE], features=[feature],
        importance=importance, ignored=[IgnoredColumn(name=HOSTILE, reason=HOSTILE)],
    )  # fmt: skip

    text = card(info, URL)

    prose = re.sub(r"^```(sh|python)\n.*?\n```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert prose.count("\n---\n") == 1
    assert "<img" not in prose.split("\n---\n")[1]
    assert all(line.count("|") == 6 for line in section(prose, "Features").split("\n"))
    assert {line.count("|") for line in section(prose, "Data").split("\n") if line.startswith("|")} == {3}
    assert json.loads(shlex.split(code(text, "sh"))[-1]) == {"records": [{HOSTILE: HOSTILE}]}


def test_python_snippet_of_the_card_sends_the_row(regression: VersionInfo):
    row = {HOSTILE: HOSTILE, "it's": None, "b": True, "n": 1e-7}
    features = [Feature(name=name, type=ColumnType.CATEGORY, required=True, example=row[name]) for name in row]

    tree = ast.parse(code(card(but(regression, features=features), URL), "python"))

    first = next(node for node in tree.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(first.value) == row
    assert "Client('http://localhost:8000').predict(row, model='diabetes', version=1)" in ast.unparse(tree)


def test_card_says_what_predictions_follow(classification: VersionInfo):
    decision = Decision(costs={"class_0": {"class_1": 9}}, by="ann", at=classification.created_at)

    assert "The value of the lowest expected cost is predicted" in card(but(classification, decision=decision), URL)
