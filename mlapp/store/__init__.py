"""What is kept on disk: models, jobs and counts of requests. The file system is the database.

Several processes may share the folder. A lock belongs to an open file, so a killed process leaves none.
"""

from mlapp.store.jobs import JobStore
from mlapp.store.models import ModelStore
from mlapp.store.numbered_folders import numbered, the_number
from mlapp.store.traffic import TrafficStore

__all__ = ["JobStore", "ModelStore", "TrafficStore", "numbered", "the_number"]
