"""How a file was read, and the controls that overrule it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from nicegui.testing import User

from mlapp.schemas import Format, ReadAs
from pages.components.forms.reading_options import ReadingOptions
from tests.pages.conftest import eventually, one

CSV = ReadAs(format=Format.CSV, encoding="cp1252", delimiter=";", header_row=1, decimal=",")


@dataclass
class Drawn:
    """The reading options on a page, and the changes by the user."""

    user: User
    options: dict[str, Any] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    async def show(self, read_as: ReadAs | str) -> None:
        await self.user.open("/jobs")
        with self.user:
            self.reading = ReadingOptions(self.options, Format.CSV, self.changes.append)
            if isinstance(read_as, str):
                self.reading.show_error(read_as)
            else:
                self.reading.show(read_as)


@pytest.fixture
def drawn(user: User) -> Drawn:
    return Drawn(user)


async def test_reading_is_shown_with_what_was_left_out(user: User, drawn: Drawn):
    left_out = ["Line 1 'Sales 2024' is above the header.", "The unnamed index column is left out."]
    await drawn.show(CSV.model_copy(update={"left_out": left_out, "warnings": ["'1,234' may be 1.234."]}))

    await user.should_see(content="semicolon as delimiter", marker="read-as")
    await user.should_see("Line 1 'Sales 2024'")
    await user.should_see("The unnamed index column")
    await user.should_see("'1,234' may be 1.234.")
    await user.should_not_see(marker="reading-options")


async def test_controls_are_opened_and_say_what_was_detected(user: User, drawn: Drawn):
    await drawn.show(CSV)

    user.find(marker="change-reading").click()

    await user.should_see(marker="reading-options")
    texts = {name: one(user, f"reading-{name}").options[""] for name in ("encoding", "delimiter", "decimal")}
    assert texts["encoding"] == "Detected: Western European (Windows-1252)"
    assert (texts["delimiter"], texts["decimal"]) == ("Detected: Semicolon", "Detected: Comma: 3,14")
    assert one(user, "reading-header_row").props["placeholder"] == "Detected: 1"


@pytest.mark.parametrize(
    ("name", "value", "option"), [("decimal", ".", "."), ("header_row", 0.0, 0), ("encoding", "utf-16", "utf-16")]
)
async def test_changed_option_is_set_and_can_be_detected_again(
    user: User, drawn: Drawn, name: str, value: object, option: object
):
    await drawn.show(CSV)
    user.find(marker="change-reading").click()
    control = one(user, f"reading-{name}")

    with user:
        control.set_value(value)
    assert drawn.options == {name: option}
    with user:
        drawn.reading.show(CSV)
        control.set_value(None if name == "header_row" else "")

    assert (drawn.options, drawn.changes) == ({name: None}, [name, name])


async def test_workbook_offers_its_sheets(user: User, drawn: Drawn):
    await drawn.show(ReadAs(format=Format.WORKBOOK, sheet="Data", sheets=["Notes", "Data"], header_row=1))
    user.find(marker="change-reading").click()

    assert list(one(user, "reading-sheet").options.values()) == ["Detected: Data", "Notes", "Data"]
    await user.should_not_see(marker="reading-encoding")


async def test_value_that_is_not_offered_is_kept(user: User, drawn: Drawn):
    drawn.options["encoding"] = "koi8-r"
    await drawn.show(CSV)
    user.find(marker="change-reading").click()

    assert one(user, "reading-encoding").value == "koi8-r"


async def test_error_opens_the_controls_and_suggests_header_rows(user: User, drawn: Drawn):
    await drawn.show("The first row looks like data; send header_row=0 if there are no names, or header_row=3.")

    await user.should_see(content="looks like data", marker="read-error")
    await user.should_see(marker="reading-options")
    await user.should_see("The column names are in line 3")
    user.find("The file has no column names").click()

    assert (drawn.options, drawn.changes) == ({"header_row": 0}, ["header_row"])
    with user:
        drawn.reading.show(CSV)
    await eventually(lambda: not drawn.reading.error.text)
    await user.should_not_see("The file has no column names")
