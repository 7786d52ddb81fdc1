"""Version: a loaded version that predicts in this process."""

from dataclasses import dataclass

from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.schemas import VersionInfo


@dataclass(frozen=True, eq=False)
class Version:
    """A version of a model, loaded from the store."""

    fitted: FittedVersion

    @property
    def info(self) -> VersionInfo:
        """The record of the version, as `GET /models/{model}/versions/{version}` returns it."""
        return self.fitted.info
