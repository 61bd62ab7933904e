"""Two changes at the same moment: the lists say what the catalogue says afterwards."""
