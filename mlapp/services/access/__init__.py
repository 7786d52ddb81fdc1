"""Authentication: keys and sessions."""
