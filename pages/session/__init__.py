"""Browser sessions: login, page guard, live updates, form state, downloads."""
