"""Comparability: whether the scores of versions can be compared, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from mlapp.errors import shorten
from mlapp.presentation.formats import format_count
from mlapp.presentation.verdict import Level, verdict
from mlapp.schemas import Evaluation, VersionInfo

MAX_NAMES = 4
"""Names in a sentence; the others are counted."""

HELD_OUT = {
    Evaluation.LATEST: "the latest rows",
    Evaluation.GROUPS: "groups without training rows",
    Evaluation.LATEST_GROUPS: "the latest rows of groups without training rows",
    Evaluation.SEEN: "rows that may have been seen in training",
}
OTHER_COLUMNS = "These versions hold out rows by different columns, so the scores are not comparable."
ALL_SEEN = "These versions may have seen the rows that they are measured on, so the scores are not comparable."
OTHER_WEIGHTS = "These versions weight the rows differently, so the scores are not comparable."


@dataclass(frozen=True)
class Comparability:
    """Whether the scores of versions can be compared, and sentences that say why."""

    scores: bool
    reason: str


def same_question(versions: Sequence[VersionInfo]) -> bool:
    """Return whether versions have the same target and the same task, so that their plots can be compared."""
    return len({(info.task, info.target) for info in versions}) == 1


def comparability(versions: Sequence[VersionInfo]) -> Comparability:
    """Return whether the scores of versions are of the same target, task, rows and way of evaluation.

    Versions with the same hash of the whole table share their rows, even if they use different columns. Those with the
    same hash of the used columns do so too, even if their tables differ in further columns.
    """
    if not same_question(versions):
        different = "targets" if len({info.target for info in versions}) > 1 else "tasks"
        return Comparability(
            scores=False, reason=f"These versions have different {different}, so their scores are not comparable."
        )
    groups = _sharing_rows(versions)
    if len(groups) > 1:
        return Comparability(scores=False, reason=_different_tables(groups))
    for evaluation, rows in HELD_OUT.items():
        held_out = [info for info in versions if info.evaluation is evaluation]
        if held_out and len(held_out) < len(versions):
            reason = f"Only {_named(held_out)} evaluated on {rows}, so the scores are not comparable."
            return Comparability(scores=False, reason=reason)
    reasons = {
        ALL_SEEN: versions[0].evaluation is Evaluation.SEEN,
        OTHER_COLUMNS: len({(info.time_column, info.group_column) for info in versions}) > 1,
        OTHER_WEIGHTS: len({info.weight_column for info in versions}) > 1,
    }
    if first := next((reason for reason, applies in reasons.items() if applies), None):
        return Comparability(scores=False, reason=first)
    return Comparability(scores=True, reason=_same_rows(versions))


def suspicions(versions: Sequence[VersionInfo]) -> list[str]:
    """Return a sentence about each version whose scores are too good to be trusted."""
    found = {info.version: verdict(info) for info in versions}
    return [
        f"Version {version}: {each.phrase[:1].lower()}{each.phrase[1:]}. {each.advice}"
        for version, each in found.items()
        if each.level is Level.TOO_GOOD
    ]


def listed(names: Sequence[object]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {format_count(len(names) - MAX_NAMES)} more" if len(names) > MAX_NAMES else ""
    return ", ".join(shorten(name, 120) for name in names[:MAX_NAMES]) + more


def _sharing_rows(versions: Sequence[VersionInfo]) -> list[list[VersionInfo]]:
    """Group versions that were trained on the same rows."""
    groups: list[list[VersionInfo]] = []
    for info in versions:
        shared = [group for group in groups if any(_share_rows(info, other) for other in group)]
        groups = [*(group for group in groups if group not in shared), [*chain(*shared), info]]
    return groups


def _share_rows(one: VersionInfo, other: VersionInfo) -> bool:
    return one.table_sha256 == other.table_sha256 or one.data_sha256 == other.data_sha256


def _different_tables(groups: Sequence[Sequence[VersionInfo]]) -> str:
    shared = "; ".join(f"those of {_numbers(group)} are" for group in groups if len(group) > 1)
    return (
        "These versions were trained and evaluated on different tables, so their scores are not comparable"
        f"{shared and f'; {shared}'}."
    )


def _same_rows(versions: Sequence[VersionInfo]) -> str:
    if len({info.table_sha256 for info in versions}) > 1:
        return "The tables of these versions differ only in columns that they do not use: the scores are comparable."
    if len({info.data_sha256 for info in versions}) == 1:
        return "These versions were trained on the same table with the same columns: the scores are comparable."
    features = list(_feature_differences(versions))
    different = "columns" if features else "types of columns"
    return " ".join(
        [
            f"These versions were trained on the same table with different {different}: the scores are comparable.",
            *features,
        ]
    )


def _feature_differences(versions: Sequence[VersionInfo]) -> Iterator[str]:
    """Return a sentence for each set of versions that alone use some features."""
    used = {info.version: [feature.name for feature in info.features] for info in versions}
    users: dict[tuple[int, ...], list[str]] = {}
    for name in dict.fromkeys(chain(*used.values())):
        by = tuple(version for version, names in used.items() if name in names)
        if len(by) < len(used):
            users.setdefault(by, []).append(f"'{shorten(name, 120)}'")
    for by, names in users.items():
        yield f"Only {_numbers([info for info in versions if info.version in by])} {_use(by)} {listed(names)}."


def _use(versions: Sequence[int]) -> str:
    return "uses" if len(versions) == 1 else "use"


def _named(versions: Sequence[VersionInfo]) -> str:
    return f"{_numbers(versions)} {'was' if len(versions) == 1 else 'were'}"


def _numbers(versions: Sequence[VersionInfo]) -> str:
    numbers = [str(info.version) for info in versions]
    if len(numbers) == 1:
        return f"version {numbers[0]}"
    return f"versions {', '.join(numbers[:-1])} and {numbers[-1]}"
