"""Settings: sources, validation, and `.env.example`."""

import sys
from pathlib import Path

import pytest

from mlapp.settings import Settings, load_settings, warn_of_unknown_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MLAPP_{name.upper()}", raising=False)
    monkeypatch.delenv("PORT", raising=False)


def spelled(value) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def test_example_lists_every_setting_with_its_description_and_default():
    lines = [line.strip() for line in EXAMPLE.read_text().splitlines() if line.strip()]
    settings = [place for place, line in enumerate(lines) if "=" in line and not line.startswith("# ")]
    found = {lines[place].removeprefix("#"): lines[place - 1].removeprefix("# ") for place in settings}

    expected = {
        f"MLAPP_{name.upper()}={spelled(field.default)}": field.description
        for name, field in Settings.model_fields.items()
    }
    assert found == expected, f"Correct .env.example: {found.items() ^ expected.items()} differ from mlapp/settings.py."


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_description(name):
    description = Settings.model_fields[name].description

    assert description
    assert description.endswith(".")
    assert "\n" not in description


def test_every_setting_has_a_working_default():
    settings = load_settings()

    assert (settings.host, settings.port, settings.store) == ("127.0.0.1", 8000, Path("store"))
    assert (settings.max_body_bytes, settings.job_memory_mb) == (100_000_000, None)


def test_settings_come_from_the_environment_before_the_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("MLAPP_MAX_JOBS=2\nMLAPP_JOB_MEMORY_MB=700\nMLAPP_STORE=\nOTHER=1\n")
    monkeypatch.setenv("MLAPP_MAX_JOBS", "3")

    settings = load_settings()

    assert (settings.max_jobs, settings.job_memory_mb, settings.store) == (3, 700, Path("store"))


@pytest.mark.parametrize(
    ("variables", "port"),
    [
        ({"PORT": "9000"}, 9000),
        ({"PORT": "9000", "MLAPP_PORT": "9100"}, 9100),
        ({"PORT": "9000", "MLAPP_PORT": ""}, 9000),
    ],
)
def test_port_variable_is_used_without_mlapp_port(monkeypatch, variables, port):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert load_settings().port == port


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MLAPP_PORT", "70000"),
        ("MLAPP_PORT", "http"),
        ("PORT", "http"),
        ("MLAPP_MAX_BODY_MB", "0"),
        ("MLAPP_MAX_JOBS", "many"),
        ("MLAPP_MAX_JOBS", "0"),
        ("MLAPP_JOB_MEMORY_MB", "0"),
        ("MLAPP_JOB_MEMORY_MB", "all"),
        ("MLAPP_KEEP_VERSIONS", "-1"),
        ("MLAPP_DEMO", "perhaps"),
        ("MLAPP_LOG_LEVEL", "loud"),
        ("MLAPP_ALLOWED_HOSTS", "http://example.org"),
        ("MLAPP_ALLOWED_HOSTS", "example.org,"),
        ("MLAPP_ALLOWED_HOSTS", "example.org:8000"),
        ("MLAPP_CORS_ORIGINS", "*"),
        ("MLAPP_CORS_ORIGINS", "null"),
        ("MLAPP_CORS_ORIGINS", "app.example.org"),
        ("MLAPP_CORS_ORIGINS", "https://app.example.org/"),
        ("MLAPP_CORS_ORIGINS", "https://*.example.org"),
        ("MLAPP_CORS_ORIGINS", "https://app.example.org:443"),
        ("MLAPP_CORS_ORIGINS", "https://a.example.org,http://b.example.org:80"),
        ("MLAPP_CORS_ORIGINS", "https://app.example.org,"),
        ("MLAPP_TRUSTED_PROXIES", "proxy.example.org"),
        ("MLAPP_TRUSTED_PROXIES", "127.0.0.1,*"),
        ("MLAPP_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("MLAPP_DASK", "scheduler:8786"),
        ("MLAPP_DASK", "http://scheduler:8786"),
        ("MLAPP_DASK", "tcp://scheduler"),
        ("MLAPP_DASK", "tls://scheduler:70000"),
    ],
)
def test_invalid_value_stops_the_start_and_is_named(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as stopped:
        load_settings()

    line = str(stopped.value)
    assert line.startswith(f"Invalid {variable}='{value}': it ")
    assert "\n" not in line


@pytest.mark.parametrize("address", ["tls://dask.example.org:8786", "tcp://10.0.0.7:8786", "tcp://[::1]:8786"])
def test_address_of_a_dask_scheduler_is_accepted(monkeypatch, address):
    monkeypatch.setenv("MLAPP_DASK", address)

    assert load_settings().dask == address


@pytest.mark.parametrize(("names", "allowed"), [("", ()), ("my_forest", ("my_forest",)), ("a, b2 ", ("a", "b2"))])
def test_estimators_are_allowed_by_name(monkeypatch, names, allowed):
    monkeypatch.setenv("MLAPP_ESTIMATORS", names)

    assert load_settings().allowed_estimators == allowed


@pytest.mark.parametrize("names", ["a,", "house_recipes:RIDGE", "*"])
def test_names_that_are_no_entry_points_stop_the_start(monkeypatch, names):
    monkeypatch.setenv("MLAPP_ESTIMATORS", names)

    with pytest.raises(SystemExit, match="^Invalid MLAPP_ESTIMATORS='.*': it takes names of entry points such as"):
        load_settings()


def test_dask_without_its_package_stops_the_start_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setenv("MLAPP_DASK", "tcp://127.0.0.1:8786")
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(SystemExit, match="^Invalid MLAPP_DASK='tcp://127.0.0.1:8786': .* `uv sync --group dask`"):
        load_settings()


def test_origins_are_spelled_as_browsers_send_them(monkeypatch):
    monkeypatch.setenv(
        "MLAPP_CORS_ORIGINS", "https://App.Example.org, http://localhost:3000,http://[::1]:8080,https://a:80"
    )

    assert load_settings().cors_origins == (
        "https://app.example.org,http://localhost:3000,http://[::1]:8080,https://a:80"
    )


def test_every_invalid_value_has_a_line(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("MLAPP_MAX_JOBS=0\n")
    settings = {"MLAPP_PORT": "70000", "MLAPP_API_KEY": "short", "MLAPP_DEMO": "perhaps\n"}  # pragma: allowlist secret
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as stopped:
        load_settings()

    assert str(stopped.value).splitlines() == [
        "Invalid MLAPP_PORT='70000': it should be less than or equal to 65535.",
        "Invalid MLAPP_API_KEY: it takes 16 or more ASCII characters without spaces.",
        "Invalid MLAPP_MAX_JOBS='0': it should be greater than or equal to 1.",
        "Invalid MLAPP_DEMO='perhaps\\n': it should be a valid boolean, unable to interpret input.",
    ]


def test_port_that_kubernetes_sets_is_explained(monkeypatch):
    monkeypatch.setenv("MLAPP_PORT", "tcp://10.0.0.1:8000")

    with pytest.raises(SystemExit, match="^Invalid MLAPP_PORT='tcp://10.0.0.1:8000': .*enableServiceLinks: false"):
        load_settings()


def test_env_file_with_invalid_utf8_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"MLAPP_STORE=stor\xe8\n")

    with pytest.raises(SystemExit, match="^The file .env cannot be read: .*byte 0xe8.* UTF-8 text"):
        load_settings()


def test_unknown_settings_are_logged_with_suggestions(monkeypatch, tmp_path, caplog):
    (tmp_path / ".env").write_text("mlapp_loglevel=debug\nOTHER=1\nMLAPP_MAX_JOBS=2\n")  # pragma: allowlist secret
    monkeypatch.setenv("MLAPP_PROT", "9000")

    warn_of_unknown_settings()

    (line,) = caplog.messages
    assert line.endswith(": MLAPP_LOGLEVEL (did you mean MLAPP_LOG_LEVEL?), MLAPP_PROT (did you mean MLAPP_PORT?).")


def test_variables_of_kubernetes_have_no_suggestions(monkeypatch, caplog):
    service = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_80_TCP", "PORT_80_TCP_ADDR"]
    for name in service:
        monkeypatch.setenv(f"MLAPP_{name}", "10.0.0.1")

    warn_of_unknown_settings()

    (line,) = caplog.messages
    assert all(f"MLAPP_{name}" in line for name in service)
    assert "did you mean" not in line


def test_known_settings_are_not_logged(monkeypatch, caplog):
    monkeypatch.setenv("MLAPP_MAX_JOBS", "2")

    warn_of_unknown_settings()

    assert caplog.messages == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MLAPP_API_KEY", "fifteen-letters"),
        ("MLAPP_API_KEY", "sixteen letters!"),
        ("MLAPP_PREDICT_KEY", "schlüsselchen-16"),
        ("MLAPP_PREDICT_KEY", "the-key-for-everything"),
        ("MLAPP_SESSION_SECRET", "s" * 31),
    ],
)
def test_invalid_secret_stops_the_start_and_is_not_shown(monkeypatch, variable, value):
    monkeypatch.setenv("MLAPP_API_KEY", "the-key-for-everything")
    monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as stopped:
        load_settings()

    line = str(stopped.value)
    assert line.startswith(f"Invalid {variable}: it ")
    assert value not in line


def test_secrets_and_lists_are_parsed_and_secrets_hidden(monkeypatch):
    values = {
        "MLAPP_API_KEY": "a-key-with-full-access",  # pragma: allowlist secret
        "MLAPP_PREDICT_KEY": "a-key-to-predict-with",
        "MLAPP_SESSION_SECRET": "s" * 32,
    }
    lists = {"MLAPP_ALLOWED_HOSTS": "a.example, [::1] ,*", "MLAPP_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,::1"}
    for name, value in (values | lists).items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert settings.api_key
    assert settings.api_key.get_secret_value() == values["MLAPP_API_KEY"]
    assert not [value for value in values.values() if value in repr(settings)]
    monkeypatch.setenv("MLAPP_TRUSTED_PROXIES", "*")
    assert load_settings().trusted_proxies == "*"
