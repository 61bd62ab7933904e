"""What pages cost: CPU, time and queries of each, beside an empty view in the same kind of server.

``python -m tools.bench`` (``make bench``) prepares databases of several sizes, serves them,
measures, and writes docs/performance.md. Nothing of the site imports it.
"""
