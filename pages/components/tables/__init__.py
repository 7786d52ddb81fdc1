"""Tables: plain, paged, and the list of models."""
