from .library.loading import load as load
from .library.loading import models as models
from .library.registration import register as register
from .library.training import train as train
from .library.version import PredictionWarning as PredictionWarning
from .library.version import Version as Version

__version__: str
TITLE: str
