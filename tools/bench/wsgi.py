"""The site as it is measured: as in production but for two switches of the measurement's own.

``BENCH_QUERIES=on`` has each answer say how many queries it took, outside of everything that could
keep it. ``BENCH_FIRST_LEVEL=off`` leaves out the copies in the process, so that each comes from the
store.
"""

import os

from site_project.wsgi import application
from tools.bench.server import QUERIES_HEADER


def counting(application):
    """The application, with the number of its queries in a header of each answer."""
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
if os.environ.get("BENCH_FIRST_LEVEL") == "off":
    from commerce.page_cache import stores

    stores.MEMORY_BYTES = 0
