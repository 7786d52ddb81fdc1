"""What the benchmarks share: a server, load on it, tables, clients."""
