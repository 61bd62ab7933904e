"""Pages that are the same for everybody, kept and given out again until something on them changes.

What a page shows is written down while it is rendered (``dependencies``); what changed gets a number
when it is committed (``changes``); a page holds while nothing it shows has a higher number than the
page has (docs/page_cache.md).
"""
