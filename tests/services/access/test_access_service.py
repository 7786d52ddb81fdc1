"""Who asks, by key, and how often one may be wrong."""

from typing import Any

import pytest

from mlapp.errors import NotAllowed, TooManyWrongKeys, WrongKey
from mlapp.services.access import service as module
from mlapp.services.access.service import AccessService, Who, WrongKeys
from mlapp.settings import Settings

FULL, PREDICT = "a-key-for-everything", "a-key-to-predict-with"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def service(clock: Clock | None = None, **settings: Any) -> AccessService:
    keys = {"api_key": FULL, "predict_key": PREDICT} | settings
    return AccessService(Settings(_env_file=None, **keys), clock or Clock())


def wrong(access: AccessService, address: str = "192.0.2.1") -> type[Exception]:
    with pytest.raises((WrongKey, TooManyWrongKeys)) as refused:
        access.holder(b"wrong", address)
    return refused.type


@pytest.mark.parametrize(
    ("settings", "is_open", "generates"),
    [
        ({}, True, False),
        ({"host": "::1"}, True, False),
        ({"host": "0.0.0.0"}, False, True),
        ({"api_key": FULL}, False, False),
        ({"host": "0.0.0.0", "api_key": FULL}, False, False),
        ({"predict_key": PREDICT}, False, True),
    ],
)
def test_it_is_open_on_this_machine_and_without_keys_only(settings: dict[str, Any], *, is_open: bool, generates: bool):
    access = AccessService(Settings(_env_file=None, **settings))

    assert (access.open, access.generated is not None) == (is_open, generates)
    if access.generated:
        assert access.holder(access.generated.encode(), "") is Who.FULL
        assert access.generated != AccessService(Settings(_env_file=None, **settings)).generated


def test_key_that_is_enough_to_predict_is_the_one_to_use_in_programs():
    named = [service(**settings).variable for settings in ({}, {"predict_key": None}, {"api_key": None})]

    assert named == ["MLAPP_PREDICT_KEY", "MLAPP_API_KEY", "MLAPP_PREDICT_KEY"]
    assert AccessService(Settings(_env_file=None)).variable is None


def test_keys_are_told_apart(clock: Clock):
    access = service(clock)

    assert access.holder(FULL.encode(), "") is Who.FULL
    assert access.holder(PREDICT.encode(), "") is Who.PREDICT
    for key in (b"", FULL.encode()[:-1], FULL.encode() + b" ", "schlüssel".encode(), b"\xff\x00"):
        with pytest.raises(WrongKey, match="This key is wrong"):
            service().holder(key, "")


def test_without_a_predict_key_nobody_has_it():
    for key in (b"", b"None"):
        with pytest.raises(WrongKey):
            service(predict_key=None).holder(key, "")


def test_five_wrong_keys_a_minute_are_answered_and_the_right_one_always(clock: Clock):
    access = service(clock)

    assert [wrong(access) for _ in range(7)] == [WrongKey] * 5 + [TooManyWrongKeys] * 2
    assert access.holder(FULL.encode(), "192.0.2.1") is Who.FULL
    assert access.holder(PREDICT.encode(), "192.0.2.1") is Who.PREDICT
    assert wrong(access, "192.0.2.2") is WrongKey
    clock.now += 60
    assert wrong(access) is WrongKey


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("unix", "unix", True),
        ("", "192.0.2.1", False),
    ],
)
def test_addresses_of_one_subscriber_count_together(first: str, second: str, *, same: bool):
    access = service()
    for _ in range(5):
        wrong(access, first)

    assert (wrong(access, second) is TooManyWrongKeys) is same


def test_the_memory_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_ADDRESSES", 3)
    counted = WrongKeys(Clock())

    for last in range(9):
        counted.count(f"192.0.2.{last}")

    assert list(counted._times) == [f"192.0.2.{last}" for last in (6, 7, 8)]


def test_a_login_takes_the_key_for_everything(clock: Clock):
    access = service(clock)

    assert access.sessions.read(access.log_in(FULL.encode(), ""))
    with pytest.raises(NotAllowed, match="may only predict"):
        access.log_in(PREDICT.encode(), "")
    with pytest.raises(WrongKey):
        access.log_in(b"wrong", "")
