"""Loaded versions: which one answers for each model, and the cache that holds them."""
