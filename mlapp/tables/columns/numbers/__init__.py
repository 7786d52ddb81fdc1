"""Numbers: digits, units, and columns of them."""
