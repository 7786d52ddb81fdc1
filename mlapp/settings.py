"""Settings: environment variables or `.env`, each with a working default."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


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
        raise SystemExit(f"{variable}={first['input']!r} will not do: {first['msg']}.") from None
