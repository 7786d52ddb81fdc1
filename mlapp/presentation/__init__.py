"""Text for people, shared by pages and API: sentences, figures, model card, code snippets, comparison."""
