"""State around pages: login, guarded sockets, live updates, form state, downloads."""
