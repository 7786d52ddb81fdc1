"""Tests of the template's own documents, workflows and `poe init`: skipped in a fork, which may delete this folder."""

from collections.abc import Generator
from typing import TypeVar

import pytest

try:
    from delivery.init import is_template
except ModuleNotFoundError:

    def is_template() -> bool:
        """Return False, as only a fork lacks delivery/."""
        return False


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
IN_A_FORK = (
    "tests/template tests the template's own files: delete the folder, or run `uv run poe init NAME`, "
    "after which it is skipped."
)


def pytest_collect_file() -> None:
    """Skip the folder before its modules are imported, as they read files that a fork may have deleted."""
    if not is_template():
        pytest.skip("In a fork, tests/template is skipped: it tests the template's own files, and may be deleted.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add advice to a failure for forks that have kept the template's name."""
    return with_advice((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Add the same advice if a module cannot be imported."""
    return with_advice((yield))


def with_advice(report: Report) -> Report:
    """Return a report with the advice if it failed."""
    if report.failed:
        report.sections.append(("In a fork", IN_A_FORK))
    return report
