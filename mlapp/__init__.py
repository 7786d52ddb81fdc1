"""mlapp without its pages: tables become trained, versioned, served models.

errors, settings, schemas   exceptions, configuration and data types
tables                      reading and writing tables, bundled datasets
ml                          training, evaluation and inference on frames and arrays
store                       files on disk
services                    the use cases: train, predict, manage models, monitor
presentation                text for people
library                     training and prediction in the caller's process, and the command line
api                         the HTTP API
app                         the FastAPI app

The names in `__init__.pyi` are imported when they are first used: `import mlapp` loads no library.
"""

import lazy_loader

__version__ = "0.1.0"

TITLE = "mlapp"
"""Name of the app on the pages and in `/docs`. `poe init` sets it."""

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
