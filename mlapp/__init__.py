"""mlapp without its pages: tables become trained, versioned, served models.

errors, settings, schemas   exceptions, configuration and data types
tables                      reading and writing tables, bundled datasets
ml                          training, evaluation and inference on frames and arrays
store                       files on disk
services                    the use cases: train, predict, manage models, monitor
presentation                text for people
api                         the HTTP API
app                         the FastAPI app
"""

__version__ = "0.1.0"

TITLE = "mlapp"
"""Name of the app on the pages and in `/docs`. `poe init` sets it."""
