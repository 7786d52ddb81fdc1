"""Inference: fitted models, compiled pipelines, what-if."""
