"""Tests of the template's own texts and of `poe init`: skipped in a fork, which may delete this folder."""

from collections.abc import Generator
from typing import TypeVar

import pytest

try:
    from delivery.init import is_template
except ModuleNotFoundError:

    def is_template() -> bool:
        """Return False: only a fork has no delivery/."""
        return False


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
IN_A_FORK = (
    "tests/template tests the template's own texts: delete the folder, "
    "or run `uv run poe init NAME`, after which it is skipped."
)


def pytest_collect_file() -> None:
    """Skip the folder before its files are imported, as they read files that a fork may have deleted."""
    if not is_template():
        pytest.skip("In a fork, tests/template is skipped: it tests the template's own texts, and may be deleted.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell a fork that has kept the template's name what to do about a failure."""
    return explained((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Tell the same where a file cannot be imported."""
    return explained((yield))


def explained(report: Report) -> Report:
    """Return a report with what a fork can do."""
    if report.failed:
        report.sections.append(("In a fork", IN_A_FORK))
    return report
