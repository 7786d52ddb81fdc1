"""The store: models, jobs and request counts on disk. The file system is the database.

Several processes may share the folder. The kernel releases the advisory locks of a killed process.
"""

from mlapp.store.jobs import JobStore
from mlapp.store.models.store import ModelStore, Superseded
from mlapp.store.numbered_folders import parse_number
from mlapp.store.tickets import TicketStore
from mlapp.store.traffic import Lines, TrafficStore

__all__ = ["JobStore", "Lines", "ModelStore", "Superseded", "TicketStore", "TrafficStore", "parse_number"]
