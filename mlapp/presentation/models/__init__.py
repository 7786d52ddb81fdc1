"""Models in words: their state, and what changes of their settings do."""
