"""File formats: readers and writers."""
