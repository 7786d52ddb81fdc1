"""Who asks, by key, and how often one may be wrong."""

from typing import Any

import pytest

from mlapp.errors import NotAllowed, WrongKey
from mlapp.services.access.service import AccessService, Who
from mlapp.settings import Settings

FULL, PREDICT = "a-key-for-everything", "a-key-to-predict-with"


def service(**settings: Any) -> AccessService:
    keys = {"api_key": FULL, "predict_key": PREDICT} | settings
    return AccessService(Settings(_env_file=None, **keys))


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
        assert access.holder(access.generated.encode()) is Who.FULL
        assert access.generated != AccessService(Settings(_env_file=None, **settings)).generated


def test_key_that_is_enough_to_predict_is_the_one_to_use_in_programs():
    named = [service(**settings).variable for settings in ({}, {"predict_key": None}, {"api_key": None})]

    assert named == ["MLAPP_PREDICT_KEY", "MLAPP_API_KEY", "MLAPP_PREDICT_KEY"]
    assert AccessService(Settings(_env_file=None)).variable is None


def test_keys_are_told_apart():
    access = service()

    assert access.holder(FULL.encode()) is Who.FULL
    assert access.holder(PREDICT.encode()) is Who.PREDICT
    for key in (b"", FULL.encode()[:-1], FULL.encode() + b" ", "schlüssel".encode(), b"\xff\x00"):
        with pytest.raises(WrongKey, match="This key is wrong"):
            service().holder(key)


def test_without_a_predict_key_nobody_has_it():
    for key in (b"", b"None"):
        with pytest.raises(WrongKey):
            service(predict_key=None).holder(key)


def test_wrong_keys_do_not_lock_out_the_right_one():
    access = service()

    for guess in range(100):
        with pytest.raises(WrongKey):
            access.holder(f"guess {guess}".encode())

    assert access.holder(FULL.encode()) is Who.FULL


def test_a_login_takes_the_key_for_everything():
    access = service()

    assert access.sessions.read(access.log_in(FULL.encode()))
    with pytest.raises(NotAllowed, match="may only predict"):
        access.log_in(PREDICT.encode())
    with pytest.raises(WrongKey):
        access.log_in(b"wrong")
