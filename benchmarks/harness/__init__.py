"""Shared by the benchmarks: a server, load on it, synthetic tables, page clients."""
