"""How a table was read, and its preview, in words."""
