"""Formats of our own where Django's differ from how the shop writes."""
