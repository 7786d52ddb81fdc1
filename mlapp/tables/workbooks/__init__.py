"""Workbooks: sheets as tables, and tables as xlsx."""
