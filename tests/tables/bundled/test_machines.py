"""The simulated table `machines`."""

from mlapp.schemas import ColumnType
from mlapp.tables.bundled.machines import machines
from mlapp.tables.columns.inference import infer_column


def test_machines_have_every_column_type_but_text():
    frame = machines()

    assert {infer_column(column).type for column in frame.iter_columns()} == set(ColumnType) - {ColumnType.TEXT}
    assert frame.height == 2_000


def test_same_seed_gives_the_same_machines():
    assert machines(50, seed=3).equals(machines(50, seed=3))
    assert not machines(50, seed=3).equals(machines(50, seed=4))


def test_temperature_is_missing_without_a_sensor():
    frame = machines(500)

    assert frame["temperature"].is_not_null().equals(frame["has_sensor"])


def test_hot_and_loaded_machines_fail_sooner():
    frame = machines(2_000).drop_nulls()
    hot = (frame["temperature"] > 55).to_numpy()
    left = frame["time_for_failure"].to_numpy()

    assert left[hot].mean() < left[~hot].mean()
    assert (frame["time_for_failure"] > 0).all()
