"""Models on disk: folders, versions, activations, and the default model."""
