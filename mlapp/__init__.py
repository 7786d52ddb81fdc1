"""mlapp without its screen: a table becomes a trained, versioned, served model.

errors, settings, schemas   the words everything else speaks
tables                      bytes ⇄ polars: reading, writing, bundled datasets
ml                          frames and arrays in, values out
store                       versions on disk
services                    the use cases: train, predict, look after models
api                         HTTP ⇄ services
app                         all of it put together
"""

__version__ = "0.1.0"

TITLE = "mlapp"
"""What the app is called where people see it: above the pages, in `/docs`. `poe init` sets it."""
