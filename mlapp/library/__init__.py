"""mlapp as a library: train, register and load versions in the caller's process, and the command line.

`mlapp.train`, `mlapp.load`, `mlapp.models` and `mlapp.register` are the functions of these modules. They use the same
services as the server, and a store that servers may follow.
"""
