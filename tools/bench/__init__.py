"""Measure the CPU, time and queries of each page, next to an empty view on the same kind of server.

``python -m tools.bench`` (``make bench``) prepares databases of several sizes, serves them,
measures, and writes docs/performance.md. The site never imports it.
"""
