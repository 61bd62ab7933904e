"""``python -m tools.bench``: prepare the databases, serve the site, measure, write the report."""

import argparse
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import cycle
from pathlib import Path

import redis

from tools.bench import pages
from tools.bench.changes import changing
from tools.bench.databases import MARIADB, ROOT, SQLITE, Database, grow
from tools.bench.figures import Measured
from tools.bench.report import CHANGED, PROCESS, REDIS, RENDERED, put_between_markers, report
from tools.bench.server import (
    EMPTY_VIEW,
    MEMORY_SWITCH,
    PrerequisiteMissing,
    costs_in_turn,
    serving,
)

DOCS = ROOT / "docs" / "performance.md"
EMPTY_PROJECT, SITE = (
    "tools.bench.empty_project:application",
    "tools.bench.wsgi:application",
)
DEFAULT_REDIS_URL = "redis://127.0.0.1:6379/14"
LARGE = 100_000


def arguments(given=None):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench",
        description="Measure pages against an empty view and write docs/performance.md.",
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    parser.add_argument("--large", action="store_true", help=f"also measure {LARGE:,} products")
    parser.add_argument(
        "--database", choices=[SQLITE, MARIADB], nargs="+", default=[SQLITE, MARIADB]
    )
    parser.add_argument("--port", type=int, default=8190, help="first loopback port of the servers")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long to measure each page")
    parser.add_argument(
        "--print", action="store_true", help="print only; do not write docs/performance.md"
    )
    options = parser.parse_args(given)
    options.sizes = sorted({*options.sizes, *([LARGE] if options.large else [])})
    return options


def say(text):
    """Print progress to stderr."""
    print(f"\033[36m==>\033[0m {text}", file=sys.stderr, flush=True)


def main():
    options = arguments()
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "bench"
    var.mkdir(parents=True, exist_ok=True)
    redis_url = reachable_redis()
    databases = [
        Database(kind, size, var, options.port)
        for kind in options.database
        for size in options.sizes
    ]
    measured = []
    try:
        for database in databases:  # Report what is missing before minutes of measuring are lost.
            database.reach()
        for smaller, database in zip([None, *databases], databases, strict=False):
            say(
                f"Preparing {database.kind} with {database.size:,} products (takes minutes the first time)"
            )
            if smaller:
                grow(smaller, database)
            database.prepare()
            measured.append(measure(database, redis_url, seconds=options.seconds))
    except PrerequisiteMissing as missing:
        sys.exit(str(missing))
    text = report(measured, at=datetime.now().astimezone())
    print(text)
    if not options.print:
        DOCS.write_text(put_between_markers(DOCS.read_text("utf-8"), text), "utf-8")


def reachable_redis():
    """Return the URL of a Redis that answers; otherwise report it and return ""."""
    url = os.environ.get("BENCH_REDIS_URL") or DEFAULT_REDIS_URL
    try:
        redis.Redis.from_url(url, socket_connect_timeout=1).ping()
    except redis.RedisError as error:
        say(
            f"Measuring without Redis: {url} does not answer ({error}). Set BENCH_REDIS_URL to use another."
        )
        return ""
    return url


def measure(database, redis_url, *, seconds):
    """Return all figures of one prepared database."""
    say(f"Measuring {database.kind} with {database.size:,} products: lists and search")
    lists = database.ask("tools.bench.lists")
    database.run("manage.py", "collectstatic", "--noinput", "-v0")
    results = database.ask("tools.bench.pages")
    with serving(
        EMPTY_PROJECT, port=database.port + 1, environment=database.environment()
    ) as empty:
        measured = measure_empty(database, empty, results, seconds=seconds)
        measured.lists = lists
        measure_pages(database, empty, results, measured, seconds=seconds)
        for mode, extra in cached_modes(redis_url):
            say(f"Cached pages ({mode})")
            with site(database, PAGE_CACHE="on", **extra) as (server, _environment):
                for name in pages.CACHED_PAGES:
                    request = pages.request_from(results["pages"][name])
                    cost = server.cost(request, seconds=seconds / 2, beside=empty)
                    measured.pages[name][mode] = cost
    return measured


def measure_empty(database, empty, results, *, seconds):
    """Measure three empty views in turn.

    They belong to an empty project, a project fresh from ``startproject``, and the site in
    production.
    """
    environment = {**database.environment(), "BENCH_MIDDLEWARE": "on"}
    del results["pages"][pages.EMPTY]  # Measured here, together with the others.
    with (
        serving(EMPTY_PROJECT, port=database.port + 2, environment=environment) as started,
        site(database) as (shop, _environment),
    ):
        asked = [(server, EMPTY_VIEW) for server in (empty, started, shop)]
        costs = costs_in_turn(asked, seconds=2 * seconds)
    measured = Measured(database.kind, database.size, costs[0], empty_start=empty.started_in)
    alone = empty.cost(EMPTY_VIEW, seconds=seconds)
    measured.pages[pages.ALONE] = {RENDERED: replace(alone, queries=0, empty=costs[0].cpu)}
    for name, cost in zip((pages.STARTPROJECT, pages.EMPTY), costs[1:], strict=True):
        measured.pages[name] = {RENDERED: replace(cost, queries=0, empty=costs[0].cpu)}
    return measured


def measure_pages(database, empty, results, measured, *, seconds):
    """Measure rendered pages, both unchanged and right after a change."""
    requests = {name: pages.request_from(row) for name, row in results["pages"].items()}
    additions = [pages.request_from(row) for row in results["additions"]]
    say("Pages, rendered each time")
    with site(database, PAGE_CACHE="off", BENCH_QUERIES="on") as (server, _):
        requests = ready(server, requests, additions)
        queries = {name: server.queries(request) for name, request in requests.items()}
    with site(database, PAGE_CACHE="off") as (server, _):
        measured.start = server.started_in
        for name, request in requests.items():
            cost = server.cost(request, seconds=seconds, queries=queries[name], beside=empty)
            measured.pages[name] = {RENDERED: cost}
    say("Pages after a price change")
    with (
        site(database, PAGE_CACHE="off") as (server, environment),
        changing(environment) as change,
    ):
        for name in pages.CACHED_PAGES:
            shown = [results["product"]]
            if name != pages.PRODUCT:
                shown = server.products_on(requests[name])
            measured.pages[name][CHANGED] = server.cost(
                    requests[name], seconds=seconds, beside=empty,
                    before=partial(change_next, change, cycle(shown)),
                )  # fmt: skip


def change_next(change, products):
    """Change the price of the next product in the cycle of those that the page shows."""
    change(next(products))


def ready(server, requests, additions):
    """Return the requests; the one for the basket page carries a filled basket."""
    basket = pages.fill_basket(server, additions, requests[pages.BASKET])
    return {**requests, pages.BASKET: basket}


def cached_modes(redis_url):
    """Yield ``(mode, environment)`` for each way of caching pages."""
    yield PROCESS, {}
    if redis_url:
        yield REDIS, {"REDIS_URL": redis_url, MEMORY_SWITCH: "off"}


@contextmanager
def site(database, *, port=None, **extra):
    """Serve the site over a database with an empty page cache; yield the server and its environment."""
    with tempfile.TemporaryDirectory(dir=database.var) as folder:
        # Cached pages and versions get a folder of their own; collected static files are shared.
        Path(folder, "static").symlink_to(database.var / "static")
        environment = database.environment(
            **{"VAR_DIR": folder, "DEPLOYMENT": f"bench-{time.time_ns()}", **extra}
        )
        with serving(SITE, port=port or database.port, environment=environment) as server:
            yield server, environment


if __name__ == "__main__":
    main()
