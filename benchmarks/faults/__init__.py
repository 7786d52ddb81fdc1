"""What is promised about faults, tried out: kills, full disks, bombs, floods; one program a kind.

`python -m benchmarks.faults.<name>` runs one, and its exit status says whether the promises were kept.
"""
