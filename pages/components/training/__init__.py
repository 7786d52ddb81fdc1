"""Components of trainings: table and column selection, options, progress, result."""
