"""What a store must hold after a crash: acknowledged changes, and those in flight."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import httpx

from benchmarks.faults.invariants import Invariants
from benchmarks.faults.numbered_models import BODY, FLEETING, LASTING, Numbers, number_of, predict_path, training
from benchmarks.faults.servers import ENDED

T = TypeVar("T")


@dataclass
class Value(Generic[T]):
    """A value of the store: the last acknowledged one, and one whose change is in flight."""

    possible: set[T] = field(default_factory=set)

    @contextmanager
    def changing(self, value: T) -> Iterator[None]:
        """Send a change in the block; it is acknowledged if the block ends without an error."""
        self.possible = {*self.possible, value}
        yield
        self.possible = {value}


@dataclass
class KnownModel:
    """A model that is never deleted."""

    sent: set[int] = field(default_factory=set)
    """Numbers of all trainings."""
    trained: dict[int, int] = field(default_factory=dict)
    """Acknowledged versions, and the numbers that they predict."""
    deleted: set[int] = field(default_factory=set)
    deleting: set[int] = field(default_factory=set)
    active: Value[int] = field(default_factory=Value)
    description: Value[str] = field(default_factory=lambda: Value({""}))

    def stored(self) -> list[int]:
        """Return the versions that must exist."""
        return sorted(self.trained.keys() - self.deleted - self.deleting)


class Journal(Invariants):
    """The acknowledged changes of all models."""

    def __init__(self) -> None:
        super().__init__()
        self.models = {name: KnownModel() for name in LASTING}
        self.default: Value[str] = Value({LASTING[0]})
        self.fleeting: Value[int | None] = Value({None})
        """The number that the model predicts that is created and deleted; None if it does not exist."""
        self.last = 0
        """The last version number of that model."""
        self.numbers, self.answered = Numbers(), 0

    def start(self, http: httpx.Client) -> None:
        """Train the first version of every model."""
        for name, known in self.models.items():
            number = self.numbers.next()
            answer = http.post(f"/models/{name}/train", json=training(number))
            version = answer.raise_for_status().json()["version"]
            known.sent, known.trained, known.active = {number}, {version: number}, Value({version})


def check(http: httpx.Client, folder: Path, journal: Journal) -> None:
    """Check every invariant, and settle the changes that were in flight."""
    found = http.get("/models").raise_for_status().json()
    names = {model["name"] for model in found["models"]}
    journal.expect(f"models are lost: {names}", holds=journal.models.keys() <= names)
    journal.expect(f"unknown models: {names}", holds=names <= {*journal.models, FLEETING})
    default = found["default"]
    journal.expect(
        f"{default} is the default model, not {journal.default.possible}", holds=default in journal.default.possible
    )
    journal.default.possible = {default}
    answer = http.post("/predict", json=BODY)
    journal.expect(f"/predict returns {answer.text}", holds=answer.status_code == 200)
    journal.expect(f"/predict answers by {answer.text}", holds=answer.json().get("model") == default)
    for name, known in journal.models.items():
        _check_model(http, name, known, journal)
    _check_fleeting(http, journal, exists=FLEETING in names)
    running = [job for job in http.get("/jobs").json()["jobs"] if job["status"] not in ENDED]
    journal.expect(f"{len(running)} trainings run", holds=not running)
    left = [path.name for path in (folder / "staging").iterdir()]
    journal.expect(f"left behind: {left}", holds=not left)


def _check_model(http: httpx.Client, name: str, known: KnownModel, journal: Journal) -> None:
    found = http.get(f"/models/{name}/versions").raise_for_status().json()
    listed, active = {version["version"] for version in found["versions"]}, found["active"]
    journal.expect(f"a version of {name} is lost", holds=set(known.stored()) <= listed)
    journal.expect(f"a deleted version of {name} is back", holds=not known.deleted & listed)
    journal.expect(
        f"{active} is active in {name} instead of {known.active.possible}", holds=active in known.active.possible
    )
    for version in [*listed - known.trained.keys(), *listed & {active, max(listed)}]:
        answer = http.post(predict_path(name, version), json=BODY)
        journal.expect(f"version {version} of {name} returns {answer.text}", holds=answer.status_code == 200)
        number = number_of(answer)
        expected = {known.trained[version]} if version in known.trained else known.sent
        journal.expect(f"version {version} of {name} predicts {number}, not {expected}", holds=number in expected)
        known.trained[version] = number
    answer = http.post(predict_path(name), json=BODY)
    answers = (answer.json().get("model"), answer.json().get("version"))
    journal.expect(f"{answers} answers instead of {active} of {name}", holds=answers == (name, active))
    description = http.get(f"/models/{name}").raise_for_status().json()["description"]
    journal.expect(f"{name} is described as {description}", holds=description in known.description.possible)
    # Changes in flight are settled by now.
    known.deleted |= known.deleting - listed
    known.deleting = set(known.deleted)
    known.active.possible, known.description.possible = {active}, {description}


def _check_fleeting(http: httpx.Client, journal: Journal, *, exists: bool) -> None:
    number = None
    if exists:
        answer = http.post(predict_path(FLEETING), json=BODY)
        journal.expect(f"{FLEETING} returns {answer.text}", holds=answer.status_code == 200)
        number = number_of(answer)
        journal.last = answer.json()["version"]
    possible = journal.fleeting.possible
    journal.expect(f"{FLEETING} predicts {number}, not one of {possible}", holds=number in possible)
    journal.fleeting.possible = {number}
