"""Load tests that take minutes and are run by hand: ``make load`` and ``make soak``."""
