"""What mlapp promises about speed, size and quality, measured: ratios within one run, one program a promise.

`uv run poe bench` runs them all, `--quick` a short form; `python -m benchmarks.<name>` runs one, and its exit
status says whether the goal was met.
"""

NOT_JUDGED = 77
"""Exit status of a short form that is too short to judge by (what automake takes for a test that was skipped)."""
