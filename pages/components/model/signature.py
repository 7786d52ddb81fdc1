"""The features of a version and their values in training, and the facts of its training."""

from nicegui import ui

from mlapp.presentation.formats import format_count, format_duration, format_percent, format_time, format_value
from mlapp.presentation.sentences import unit_of
from mlapp.presentation.training_choices import dropped_rows, estimator_title, training_choices
from mlapp.schemas import ColumnType, Feature, VersionInfo
from pages.components.tables.paged_table import paged_rows
from pages.theme import MUTED

COLUMNS = ("Column", "Type", "Missing in training", "Values in training", "Example")
PAGE_FEATURES = 25


async def signature(info: VersionInfo) -> None:
    """Draw the features, and the columns of the table that are not used."""
    rows = [
        (
            each.name,
            each.type,
            "no" if each.required else "yes",
            _values(each),
            format_value(each.example, unit_of(each)),
        )
        for each in info.features
    ]
    await paged_rows("Columns", COLUMNS, rows, PAGE_FEATURES)
    if info.ignored:
        ui.label("Unused columns").classes(MUTED)
        ignored = [(column.name, column.reason) for column in info.ignored]
        await paged_rows("Unused columns", ("Column", "Reason"), ignored)


def training_facts(info: VersionInfo) -> list[tuple[str, str]]:
    """Return names and values of how a version was trained."""
    coverage = [] if info.coverage is None else [("Interval coverage", format_percent(info.coverage, nominal=True))]
    return [
        ("Estimator", estimator_title(info)),
        ("Rows", f"{format_count(info.rows)} ({dropped_rows(info)} excluded)"),
        (
            "Registered" if info.registered else "Trained",
            f"{format_time(info.created_at)}, in {format_duration(info.training_seconds)}",
        ),
        *coverage,
        *training_choices(info),
    ]


def technical_facts(info: VersionInfo) -> list[tuple[str, str]]:
    """Return names and values of what is needed to train the same version again."""
    libraries = ", ".join(f"{name} {version}" for name, version in info.library_versions.items())
    return [
        ("Seed", str(info.seed)),
        ("Libraries", libraries),
        ("Table (SHA-256)", info.table_sha256),
        ("Used columns (SHA-256)", info.data_sha256),
        *((name, format_value(value)) for name, value in info.parameters.items() if value is not None),
    ]


def _values(feature: Feature) -> str:
    if feature.categories is not None:
        return ", ".join(feature.categories[:5]) + (" …" if len(feature.categories) > 5 else "")
    if feature.min is None or feature.max is None:
        return "true or false"
    low, high = format_value(feature.min), format_value(feature.max, unit_of(feature))
    return f"{low} to {high}{' characters' if feature.type is ColumnType.TEXT else ''}"
