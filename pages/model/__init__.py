"""Pages of one model, one module per tab: overview, predict, versions, monitor, API, settings."""
