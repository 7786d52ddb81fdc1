"""Jobs: a queue of trainings, each of which runs in its own process."""
