"""Text shared by the pages and the API: sentences, number formats, model cards, code snippets and comparisons."""
