"""The demo shop Saltmarsh: data files and the loaders that write them to the database.

A real shop can delete this app. Loaders only add what is missing and leave changed data alone.
"""
