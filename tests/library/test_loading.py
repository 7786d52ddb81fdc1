"""Loading of versions, and the list of models."""

from pathlib import Path

import pytest

import mlapp
from mlapp.errors import NotFound


def test_version_is_loaded_by_model_and_number(filled: Path, version: mlapp.Version):
    assert repr(version) == "<prices, version 1: predicts progression from 10 columns>"
    assert mlapp.load(store=filled).info == version.info
    assert mlapp.load("prices", 1, store=str(filled)).info == version.info
    assert mlapp.load("wine", "latest", store=filled).info.classes == ["class_0", "class_1", "class_2"]


def test_models_are_listed_from_the_store_of_the_settings(filled: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLAPP_STORE", str(filled))

    found = mlapp.models()

    assert [(each.name, each.active, each.description) for each in found] == [
        ("prices", 1, ""),
        ("wine", 1, "Cultivars"),
    ]


def test_what_is_not_there_is_named_with_the_store(filled: Path, tmp_path: Path):
    with pytest.raises(NotFound, match=f"^There is no default model in the store '{tmp_path}': train one"):
        mlapp.load(store=tmp_path)
    with pytest.raises(NotFound, match=f"^There is no model 'price' in the store '{filled}', which has prices, wine.$"):
        mlapp.load("price", store=filled)
    with pytest.raises(NotFound, match="which has no models"):
        mlapp.load("price", store=tmp_path)
    with pytest.raises(NotFound, match="no version 'first'"):
        mlapp.load("prices", "first", store=filled)
