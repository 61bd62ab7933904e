"""Formats the figures as the tables of docs/performance.md, between its markers. Pure."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
#: Modes of serving a page: rendered, rendered right after a price change of a product on it, from
#: the copy in the process, from Redis only.
RENDERED, CHANGED, PROCESS, REDIS = "rendered", "changed", "process", "redis"
DATABASES = {"sqlite": "SQLite", "mariadb": "MariaDB"}
PAGE_HEAD = (
    "page", "queries", "rendered: CPU ms", "p95 ms", "× empty", "after a change: CPU ms", "p95 ms", "× empty",
    "cached: CPU ms", "p95 ms", "× empty",
    "from Redis: CPU ms", "× empty",
)  # fmt: skip
LIST_HEAD = (
    "database", "products", "rebuild from nothing", "nothing changed", "refresh of 1", "of 100",
    "search p95", "suggestions p95", "start beyond Django's",
)  # fmt: skip
NOTHING = "–"


def report(measured, *, at):
    """Return all measurements as Markdown."""
    parts = [f"Measured on {at:%d %B %Y}: {machine()}."]
    for row in measured:
        title = f"### {DATABASES[row.database]}, {row.size:,} products"
        parts += [title, table(PAGE_HEAD, page_rows(row))]
    parts += ["### The same pages as the catalogue grows", growth(measured)]
    parts += ["### Lists and search below the view", table(LIST_HEAD, map(list_row, measured))]
    return "\n\n".join(parts)


def table(head, rows):
    """Return a Markdown table. The first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page_rows(row):
    """Return the rows of one database and size, the empty project first."""
    empty = row.empty
    yield ["empty project", "0", *_times(empty), "1.00", *[NOTHING] * 8]
    for page, costs in row.pages.items():
        cells = [
            cell
            for mode in (RENDERED, CHANGED, PROCESS)
            for cell in (*_times(costs.get(mode)), _multiple(row, page, mode))
        ]
        redis = costs.get(REDIS)
        cells += [_ms(redis.cpu) if redis else NOTHING, _multiple(row, page, REDIS)]
        yield [page, str(costs[RENDERED].queries), *cells]


def growth(measured):
    """Return a table: CPU of each rendered page at each size, and the ratio of largest to smallest."""
    parts = []
    for kind, name in DATABASES.items():
        rows = sorted((row for row in measured if row.database == kind), key=lambda row: row.size)
        if not rows:
            continue
        head = (name, *(f"{row.size:,}" for row in rows), "largest ÷ smallest")
        lines = []
        for page in rows[0].pages:
            costs = [row.pages[page][RENDERED].cpu for row in rows]
            lines.append([page, *map(_ms, costs), f"{costs[-1] / costs[0]:.2f}"])
        parts.append(table(head, lines))
    return "\n\n".join(parts)


def list_row(row):
    """Return the row of list and search figures for one database and size."""
    lists = row.lists
    return [
        DATABASES[row.database],
        f"{row.size:,}",
        f"{lists['rebuild']:.1f} s",
        f"{lists['rebuild_unchanged']:.1f} s",
        *(f"{_ms(lists[name])} ms" for name in ("refresh_1", "refresh_100", "search", "suggest")),
        f"{row.start - row.empty_start:.1f} s",
    ]


def _times(cost):
    return [_ms(cost.cpu), _ms(cost.p95)] if cost else [NOTHING] * 2


def _multiple(row, page, mode):
    multiple = row.multiple(page, mode)
    if multiple is None:
        return NOTHING
    return f"{multiple:.2f}" if multiple < 10 else f"{multiple:.1f}"


def _ms(seconds):
    """Format as milliseconds with three significant figures."""
    value = seconds * 1000
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine():
    """Describe the machine and its software in a few words."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("Django", "wagtail", "django-oscar", "gunicorn")
    )
    return (
        f"{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}, {packages}"
    )


def _processor():
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def put_between_markers(text, content):
    """Replace the text between the markers with ``content``. Raises ValueError without markers."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{BEGIN} and {END} must be in the text, in this order")
    return f"{before}{BEGIN}\n{content}\n{END}{after}"
