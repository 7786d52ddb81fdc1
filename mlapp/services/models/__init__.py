"""Models and their versions: names, placement of new versions, search."""
