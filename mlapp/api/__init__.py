"""HTTP ⇄ services, and nothing else: one file a resource."""
