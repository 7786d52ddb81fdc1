"""The rows of a file with the target on which a version is most wrong."""

from nicegui.testing import User

from tests.pages.components.model.test_table_prediction import csv
from tests.pages.conftest import TrainedVersions, drop, one


async def test_table_with_numbers_as_target_shows_the_worst_rows(user: User, trained: TrainedVersions):
    info = trained.regression
    await user.open("/models/machines/predict")
    lines = csv(info, 40).splitlines()
    labelled = [
        (b"%d," % (9000 if row == 7 else 300) if row else b"time_for_failure,") + line for row, line in enumerate(lines)
    ]

    await drop(user, "fleet.csv", b"\n".join(labelled))

    await user.should_see("20 of the 40 rows with 'time_for_failure'.")
    worst = one(user, "worst-rows")
    names = [column["label"] for column in worst.columns]
    assert names[:5] == ["Line", "Actual time_for_failure", "Predicted", "Error", info.features[0].name]
    assert [worst.rows[0][key] for key in ("c0", "c1", "c4")] == [8, "9000", lines[7].split(b",")[0].decode()]


async def test_table_with_classes_as_target_shows_the_rows_that_are_wrong(user: User, trained: TrainedVersions):
    info = trained.classification
    row = [str(feature.example) for feature in info.features]
    rows = [[info.target, *(feature.name for feature in info.features)], ["class_0", *row], ["class_2", *row]]
    await user.open("/models/wine/predict")

    await drop(user, "wine.csv", "\n".join(",".join(cells) for cells in rows).encode())

    await user.should_see("1 of the 2 rows with 'cultivar'.")
    worst = one(user, "worst-rows")
    assert worst.columns[3]["label"] == "Probability of actual"
    assert [worst.rows[0][key] for key in ("c0", "c1", "c2", "c4")] == [3, "class_2", "class_0", row[0]]
    assert worst.rows[0]["c3"].endswith("%")


async def test_table_without_the_target_has_no_worst_rows(user: User, trained: TrainedVersions):
    await user.open("/models/machines/predict")

    await drop(user, "fleet.csv", csv(trained.regression, 40))

    await user.should_see("40 rows predicted")
    await user.should_not_see(marker="worst-rows")
