"""Fault injection: kills, full disks, bombs, overload, invalid requests. See README.md."""
