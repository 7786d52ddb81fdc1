"""Fits of trainings on a Dask cluster; `task` runs there, the rest in the training process."""
