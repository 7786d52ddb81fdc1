"""What is kept on disk: models and jobs. The file system is the database.

Several processes may share the folder. A lock belongs to an open file, so a killed process leaves none.
"""

from mlapp.store.jobs import JobStore
from mlapp.store.models import ModelStore
from mlapp.store.numbers import numbered, the_number

__all__ = ["JobStore", "ModelStore", "numbered", "the_number"]
