"""Access: API keys, browser sessions and tickets."""
