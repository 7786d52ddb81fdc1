"""Dialects: encoding, delimiter and quotes of text files, and what stands around a table."""
