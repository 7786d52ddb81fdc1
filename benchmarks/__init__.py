"""Benchmarks of speed and memory, as ratios within one run: `uv run poe bench`.

`python -m benchmarks.<name>` runs one; its exit status is 0 if the goal is met. `--quick` is a short form that judges
no goal. Results are in docs/benchmarks.md; the folders `faults` and `quality` hold programs that run on their own.
"""

NOT_JUDGED = 77
"""Exit status of a short form (77 is automake's status of a skipped test)."""
