"""The models in the store, as the counts know them."""

import pytest

from mlapp.services.monitoring.known_models import KnownModels, name_of
from mlapp.store import ModelStore
from tests.fitted import Fitted
from tests.services.disk import no_more_files


def test_each_model_has_a_key_that_stays(store: ModelStore, wine: Fitted):
    wine.add_to(store, "a")
    models = KnownModels(store)
    assert models.refresh() == set()
    keys = models.keys

    wine.add_to(store, "a")
    store.update("a", description="new")
    wine.add_to(store, "b")

    assert models.refresh() == set()
    assert {key: name_of(key) for key in models.keys.values()} == {keys["a"]: "a", models.keys["b"]: "b"}


@pytest.mark.parametrize("afterwards", [["a"], ["a", "b"]])
def test_deleted_models_are_noticed_even_if_their_name_is_used_again(
    store: ModelStore, wine: Fitted, afterwards: list[str]
):
    for model in ("a", "b"):
        wine.add_to(store, model)
    models = KnownModels(store)
    models.refresh()
    key = models.keys["b"]
    store.remove("b")
    for model in afterwards:
        wine.add_to(store, model)

    assert models.refresh() == {key}
    assert [*models.keys] == afterwards
    assert models.refresh() == set()


def test_unreadable_store_has_not_lost_its_models(store: ModelStore, wine: Fitted):
    wine.add_to(store, "a")
    models = KnownModels(store)
    models.refresh()
    wine.add_to(store, "b")

    with no_more_files():
        assert models.refresh() == set()

    assert [*models.keys] == ["a"]
    models.refresh()
    assert [*models.keys] == ["a", "b"]


def test_model_with_damaged_settings_has_a_key(store: ModelStore, wine: Fitted):
    wine.add_to(store, "a")
    (store.folder / "models/a/model.json").write_bytes(b"{")
    models = KnownModels(store)

    models.refresh()

    assert models.keys == {"a": "a@"}
