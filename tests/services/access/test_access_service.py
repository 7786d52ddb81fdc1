"""Authentication by API key."""

import hashlib
from typing import Any

import pytest

from mlapp.errors import Forbidden, Unauthorized
from mlapp.services.access.service import AccessService, Caller, Role
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
def test_authentication_is_off_on_localhost_without_keys(settings: dict[str, Any], *, is_open: bool, generates: bool):
    access = AccessService(Settings(_env_file=None, **settings))

    assert (access.open, access.generated_key is not None) == (is_open, generates)
    if access.generated_key:
        assert access.authenticate(access.generated_key.encode()) == Caller(Role.FULL)
        assert access.generated_key != AccessService(Settings(_env_file=None, **settings)).generated_key


def test_key_variable_is_that_of_the_least_privileged_key():
    names = [service(**settings).key_variable for settings in ({}, {"predict_key": None}, {"api_key": None})]

    assert names == ["MLAPP_PREDICT_KEY", "MLAPP_API_KEY", "MLAPP_PREDICT_KEY"]
    assert AccessService(Settings(_env_file=None)).key_variable is None


def test_each_key_has_its_role():
    access = service()

    assert access.authenticate(FULL.encode()) == Caller(Role.FULL)
    assert access.authenticate(PREDICT.encode()) == Caller(Role.PREDICT)
    for key in (b"", FULL.encode()[:-1], FULL.encode() + b" ", "schlüssel".encode(), b"\xff\x00"):
        with pytest.raises(Unauthorized, match="This key is wrong"):
            service().authenticate(key)


def test_without_a_predict_key_no_key_predicts():
    for key in (b"", b"None"):
        with pytest.raises(Unauthorized):
            service(predict_key=None).authenticate(key)


def test_wrong_keys_do_not_lock_out_the_right_one():
    access = service()

    for guess in range(100):
        with pytest.raises(Unauthorized):
            access.authenticate(f"guess {guess}".encode())

    assert access.authenticate(FULL.encode()) == Caller(Role.FULL)


def test_login_requires_the_full_key_for_all_models():
    access = service()
    access.keys += ((hashlib.sha256(b"churn").digest(), Caller(Role.FULL, frozenset({"churn"}))),)

    assert access.sessions.verify(access.log_in(FULL.encode()))
    with pytest.raises(Forbidden, match="may only predict"):
        access.log_in(PREDICT.encode())
    with pytest.raises(Forbidden, match="for single models"):
        access.log_in(b"churn")
    with pytest.raises(Unauthorized):
        access.log_in(b"wrong")
