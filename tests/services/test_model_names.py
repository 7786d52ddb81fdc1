"""Names of models."""

import pytest

from mlapp.services.model_names import is_name, numbered, slug, suggest_name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Q3 sales.xlsx", "q3-sales"),
        ("sales.csv.gz", "sales"),
        ("a.tar.csv.gz", "a-tar"),
        ("v1.2 sales.csv", "v1-2-sales"),
        ("Übersicht_2024", "ubersicht_2024"),
        ("Größe der Straße.csv", "grosse-der-strasse"),
        ("Ærø, Łódź.csv", "aero-lodz"),
        ("数据.csv", "price"),
        (".csv", "csv"),
    ],
)
def test_models_are_named_after_their_file_or_else_the_target(file: str, name: str):
    assert suggest_name(file=file, target="price") == name


def test_bundled_tables_name_their_model():
    assert suggest_name(dataset="machines", file="sales.csv", target="price") == "machines"


def test_training_without_any_name_has_a_plain_one():
    assert suggest_name(target="?!") == "model"


def test_slug_of_a_long_text_is_a_name():
    assert slug("x" * 62 + " and more") == "x" * 62
    assert is_name(slug("Ä" * 100))


@pytest.mark.parametrize("text", ["", "-a", "A", "a b", "a" * 64, "ä", "a\n", "..", "a/b"])
def test_other_texts_are_no_names(text: str):
    assert not is_name(text)


def test_numbered_names_stay_within_the_limit():
    assert numbered("churn", 2) == "churn-2"
    assert numbered("x" * 63, 12) == "x" * 60 + "-12"
