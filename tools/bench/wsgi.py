"""The site with production settings, plus two switches for measuring.

``BENCH_QUERIES=on`` reports the number of queries in a header of each response, outside every
cache. ``BENCH_MEMORY=off`` disables the copies in the process, so that each page comes
from the shared store.
"""

import os

from site_project.wsgi import application
from tools.bench.server import MEMORY_SWITCH, QUERIES_HEADER


def counting(application):
    """Wrap the application and report its number of queries in a header of each response."""
    from django.db import connection

    def counted(environ, start_response):
        queries = []

        def count(execute, sql, params, many, context):
            queries.append(sql)
            return execute(sql, params, many, context)

        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, (QUERIES_HEADER, str(len(queries)))], exc_info)

        with connection.execute_wrapper(count):
            return application(environ, start)

    return counted


if os.environ.get("BENCH_QUERIES") == "on":
    application = counting(application)
if os.environ.get(MEMORY_SWITCH) == "off":
    from commerce.page_cache import stores

    stores.MEMORY_BYTES = 0
