"""Model Context Protocol: assistants list, describe and train models and predict rows, by tools at /mcp."""
