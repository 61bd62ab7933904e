"""The demo shop Saltmarsh: its data files and the loaders that write them.

Everything here can be deleted in a real shop. Loaders only ever add what is missing: what a person
changed since is left alone.
"""
