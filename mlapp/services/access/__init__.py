"""Access: API keys and browser sessions."""
