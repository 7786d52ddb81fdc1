"""The bundled tables."""

import pytest

from mlapp import tables
from mlapp.errors import NotFound
from mlapp.ml.data.target import infer_task
from mlapp.tables.bundled.datasets import dataset, describe_datasets
from mlapp.tables.columns.inference import infer_column


@pytest.mark.parametrize("info", describe_datasets(), ids=lambda info: info.name)
def test_bundled_table_matches_its_description(info):
    table, target = dataset(info.name)

    assert (table.frame.height, table.frame.columns, target) == (info.rows, info.columns, info.target)
    assert infer_task(*infer_column(table.frame[target])[:2]) is info.task
    assert info.simulated == ("Simulated" in info.description)


@pytest.mark.parametrize("name", ["diabetes", "machines", "wine"])
def test_tables_for_other_tests_exist(name):
    there = {info.name for info in describe_datasets()}

    assert name in there, (
        f"Keep '{name}' in mlapp/tables/bundled/datasets.py: tests of services, API and pages train on it."
    )


def test_unknown_bundled_table_is_not_found():
    with pytest.raises(NotFound, match="no bundled table 'x'; there are .*diabetes"):
        dataset("x")


def test_names_of_the_package_are_imported_on_first_use():
    assert tables.dataset is dataset
