"""Registration of pipelines that were fitted elsewhere, as versions that are served as they were fitted."""
