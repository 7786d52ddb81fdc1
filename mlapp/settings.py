"""Settings from environment variables and `.env`, each with a working default."""

import ipaddress
import logging
import re
import sys
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

log = logging.getLogger(__name__)

PREFIX = "MLAPP_"
SECRETS = ("api_key", "predict_key", "session_secret")
"""Settings whose values never appear in messages."""


def _secret(min_length: int) -> AfterValidator:
    """Return a validator that rejects secrets that are too short, or not allowed in an HTTP header."""

    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(rf"[!-~]{{{min_length},}}", secret.get_secret_value()):
            raise ValueError(f"it takes {min_length} or more ASCII characters without spaces")
        return secret

    return AfterValidator(check)


def _hosts(names: str) -> str:
    for name in names.split(","):
        if not re.fullmatch(r"\*|\[[0-9a-f:]+\]|[a-z0-9.-]+", name.strip(), re.IGNORECASE):
            raise ValueError("it takes host names without ports, separated by commas, or *")
    return names


def _proxies(addresses: str) -> str:
    for address in addresses.split(","):
        try:
            if addresses.strip() != "*":
                ipaddress.ip_network(address.strip())
        except ValueError:
            raise ValueError("it takes addresses or networks, separated by commas, or *") from None
    return addresses.strip()


def _origins(origins: str) -> str:
    checked = [origin.strip().lower() for origin in origins.split(",")]
    for origin in checked:
        if not re.fullmatch(r"https?://(?:\[[0-9a-f:]+\]|[a-z0-9._-]+)(?::[1-9]\d{0,4})?", origin) or re.search(
            r"^http://.*[^:]:80$|^https://.*[^:]:443$", origin
        ):
            raise ValueError(
                "it takes origins as browsers send them, such as https://app.example.org or http://localhost:3000, "
                "separated by commas, without paths and default ports; * is not supported"
            )
    return ",".join(checked)


def _estimators(names: str) -> str:
    if not all(re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name.strip()) for name in names.split(",")):
        raise ValueError("it takes names of entry points such as 'my_forest', separated by commas")
    return names


def _scheduler(address: str) -> str:
    match = re.fullmatch(r"(?:tcp|tls)://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})", address, re.IGNORECASE)
    if not match or not 1 <= int(match[1]) <= 65535:
        raise ValueError("it takes tls://host:port, or tcp://host:port on a trusted network")
    if not find_spec("distributed"):
        raise ValueError(
            f"it takes the package distributed, which {sys.executable} does not have; run `uv sync --group dask`, or "
            "`pip install distributed`"
        )
    return address


Key = Annotated[SecretStr, _secret(16)]


class Settings(BaseSettings):
    """All settings; the field docstrings are the text of `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", use_attribute_docstrings=True
    )

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535, validation_alias=AliasChoices("MLAPP_PORT", "PORT", "port"))] = 8000
    """Port to listen on; PORT, which hosts such as Render set, is used if MLAPP_PORT is not set."""
    store: Path = Path("store")
    """Folder of the store: models, jobs and request counts."""
    api_key: Key | None = None
    """API key with full access, 16 random characters or more; without one, loopback clients need none."""
    predict_key: Key | None = None
    """API key that may only predict, and read what the active versions expect."""
    session_secret: Annotated[SecretStr, _secret(32)] | None = None
    """Signs browser sessions, 32 characters or more; random at each start if empty."""
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] | None = None
    """Accepted host names, separated by commas; loopback names without a key, any with one."""
    cors_origins: Annotated[str, AfterValidator(_origins)] | None = None
    """Origins whose pages may use the API from a browser, such as https://app.example.org, separated by commas."""
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] | None = None
    """Addresses of proxies whose X-Forwarded-* headers are trusted, separated by commas; none if empty."""
    max_body_mb: Annotated[int, Field(ge=1)] = 100
    """Largest request body or upload, in MB."""
    max_jobs: Annotated[int, Field(ge=1)] = 1
    """Trainings that run at once; up to 8 more are queued."""
    job_memory_mb: Annotated[int, Field(ge=1)] | None = None
    """Largest resident memory of a training process, in MB; no limit if empty."""
    keep_versions: Annotated[int, Field(ge=1)] = 20
    """Versions of a model to keep; its oldest inactive ones beyond this number are removed."""
    loaded_mb: Annotated[int, Field(ge=1)] = 100
    """Loaded versions of models other than the default one, in MB of their files; the least recently asked go first."""
    estimators: Annotated[str, AfterValidator(_estimators)] | None = None
    """Estimators of other packages that are allowed: their entry points of mlapp.estimators, separated by commas."""
    dask: Annotated[str, AfterValidator(_scheduler)] | None = None
    """Dask scheduler whose workers make the fits of trainings: tls://host:port, or tcp:// on a trusted network."""
    demo: bool = True
    """Train a demo model on bundled data at the first start, if the store is empty."""
    log_json: bool = False
    """Log lines as JSON objects."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level to log: debug, info, warning or error."""

    @field_validator("predict_key")
    @classmethod
    def _differs(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key is not None and key == info.data.get("api_key"):
            raise ValueError("it has to differ from MLAPP_API_KEY, which has full access")
        return key

    @property
    def allowed_estimators(self) -> tuple[str, ...]:
        """Names of the entry points in `estimators`."""
        return tuple(name.strip() for name in (self.estimators or "").split(",") if name)

    @property
    def loopback(self) -> bool:
        """Whether the server is reachable from this machine only."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def max_body_bytes(self) -> int:
        """Largest request body or upload, in bytes."""
        return self.max_body_mb * 1_000_000


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        SystemExit: settings are invalid, with a line for each, or `.env` cannot be read.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SystemExit("\n".join(map(_invalid, error.errors()))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"The file .env cannot be read: {error}. It has to be readable UTF-8 text.") from None


def warn_of_unknown_settings() -> None:
    """Log variables that look like settings but are unknown, with similar names of settings.

    In a single line, as Kubernetes adds several such variables for a Service named `mlapp`.
    """
    known = [name.upper() for name in Settings.model_fields]
    unknown = []
    for variable in sorted(set().union(*_variables())):
        name = variable.removeprefix(PREFIX)
        if variable.startswith(PREFIX) and name not in known:
            similar = get_close_matches(name, known, 1)
            unknown.append(variable + (f" (did you mean {PREFIX}{similar[0]}?)" if similar else ""))
    if unknown:
        log.warning("Unknown settings are ignored: %s.", ", ".join(unknown))


def port_variable() -> str:
    """Return the name of the variable that sets the port."""
    variables = ("MLAPP_PORT", "PORT")
    return next((variable for names in _variables() for variable in variables if variable in names), "MLAPP_PORT")


def _variables() -> list[set[str]]:
    """Return the non-empty variables of the environment, and those of `.env`, in upper case."""
    sources = EnvSettingsSource(Settings), DotEnvSettingsSource(Settings)
    return [{name.upper() for name in source.env_vars} for source in sources]


def _invalid(error: "ErrorDetails") -> str:
    """Return a message with the variable, its value unless secret, and the accepted values."""
    field, value = str(error["loc"][0]), error["input"]
    variable = port_variable() if field == "MLAPP_PORT" else f"{PREFIX}{field.upper()}"
    shown = "" if field in SECRETS else f"={value!r}"
    takes = error["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    if variable == "MLAPP_PORT" and re.match("(tcp|udp|sctp)://", str(value)):
        takes = (
            "Kubernetes sets this variable for a Service named 'mlapp'; set enableServiceLinks: false in the spec of "
            "the pod, or MLAPP_PORT in the env of the container"
        )
    return f"Invalid {variable}{shown}: {takes}."
