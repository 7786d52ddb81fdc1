"""Tables: plain, paged, and the rows of the list of versions."""
