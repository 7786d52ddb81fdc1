"""Settings: environment variables or `.env`, each with a working default."""

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = ("api_key", "predict_key", "session_secret")
"""Settings whose values stand in no message."""


def _secret(least: int) -> AfterValidator:
    """Return what refuses a secret that can be guessed, or cannot travel in a header."""

    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(rf"[!-~]{{{least},}}", secret.get_secret_value()):
            raise ValueError(f"It takes {least} or more ASCII characters, none of them a space")
        return secret

    return AfterValidator(check)


def _hosts(names: str) -> str:
    for name in names.split(","):
        if not re.fullmatch(r"\*|\[[0-9a-f:]+\]|[a-z0-9.-]+", name.strip(), re.IGNORECASE):
            raise ValueError("It takes host names without ports, separated by commas, or *")
    return names


def _proxies(addresses: str) -> str:
    for address in addresses.split(","):
        try:
            if addresses.strip() != "*":
                ipaddress.ip_network(address.strip())
        except ValueError:
            raise ValueError("It takes addresses or networks, separated by commas, or *") from None
    return addresses.strip()


Key = Annotated[SecretStr, _secret(16)]


class Settings(BaseSettings):
    """What can be set from outside; the field docstrings are the text of `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix="MLAPP_", env_file=".env", env_ignore_empty=True, extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Address it listens on."""
    port: Annotated[int, Field(ge=0, le=65535, validation_alias=AliasChoices("MLAPP_PORT", "PORT", "port"))] = 8000
    """Port it listens on; PORT, which hosts such as Render set, counts when MLAPP_PORT is not set."""
    store: Path = Path("models")
    """Folder of the model store."""
    api_key: Key | None = None
    """Key for everything, 16 characters or more; without one it is open, and only on this machine."""
    predict_key: Key | None = None
    """Key that may only predict and read the active model."""
    session_secret: Annotated[SecretStr, _secret(32)] | None = None
    """Signs browser sessions, 32 characters or more; random at each start when empty."""
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] | None = None
    """Host names it answers to, separated by commas; loopback names when open, any when a key is set."""
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] | None = None
    """Addresses of proxies whose X-Forwarded-* headers to believe, separated by commas; none when empty."""
    max_body_mb: Annotated[int, Field(ge=1)] = 100
    """Largest request body or upload, in MB."""
    max_jobs: Annotated[int, Field(ge=1)] = 1
    """Trainings at a time; up to 8 more wait."""
    job_memory_mb: Annotated[int, Field(ge=1)] | None = None
    """Resident memory that one training process may take, in MB; no limit when empty."""
    keep_models: Annotated[int, Field(ge=1)] = 50
    """Oldest inactive versions beyond this many are removed."""
    demo: bool = True
    """With an empty store, train a model on bundled data at the first start."""
    log_json: bool = False
    """Log lines as JSON objects."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least important log lines to write: debug, info, warning or error."""

    @field_validator("predict_key")
    @classmethod
    def _differs(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key is not None and key == info.data.get("api_key"):
            raise ValueError("It has to differ from MLAPP_API_KEY, which may do everything")
        return key

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def max_body_bytes(self) -> int:
        """Largest request body or upload, in bytes."""
        return self.max_body_mb * 1_000_000


def load_settings() -> Settings:
    """Read the settings; a bad value ends the start with one line that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = name if name.isupper() else f"MLAPP_{name.upper()}"
        if variable == "MLAPP_PORT" and os.environ.get("PORT") and not os.environ.get(variable):
            variable = "PORT"
        shown = "" if name in SECRETS else f"={first['input']!r}"
        raise SystemExit(f"{variable}{shown} will not do: {first['msg'].removeprefix('Value error, ')}.") from None
