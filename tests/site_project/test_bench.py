"""The benchmark: figures, tables, and the server of the empty project."""

import os
import runpy
import socket
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from commerce.page_cache import stores
from tests.site import free_port
from tools.bench.__main__ import DOCS, EMPTY_PROJECT, arguments, cached_modes, main
from tools.bench.databases import Database, create_database, mysql_url
from tools.bench.figures import Cost, Measured, percentile
from tools.bench.pages import request_from, with_cookies
from tools.bench.report import BEGIN, END, put_between_markers, report
from tools.bench.server import (
    EMPTY_VIEW,
    PrerequisiteMissing,
    Request,
    WrongAnswer,
    cpu_of,
    products_in,
    serving,
)

EMPTY = 0.0005
LISTS = {
    "rebuild": 12.34, "rebuild_unchanged": 5.0, "refresh_1": 0.0123, "refresh_100": 0.25,
    "search": 0.0045, "suggest": 0.0009,
}  # fmt: skip


def measured(size=1000, database="sqlite", cpu=0.004):
    """Figures of a benchmark run."""
    row = Measured(database, size, Cost(EMPTY, 0.001, 0.002), lists=LISTS)
    row.start, row.empty_start = 2.5, 0.5
    row.pages["home"] = {
        "rendered": Cost(cpu, 0.005, 0.006, 7, EMPTY),
        "changed": Cost(0.002, 0.004, 0.005, None, EMPTY),
        "process": Cost(0.00045, 0.001, 0.0011, None, EMPTY),
    }
    row.pages["basket"] = {"rendered": Cost(0.0102, 0.012, 0.0134, 31, EMPTY)}
    return row


def line_of(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"| {name} |"))


@pytest.mark.parametrize(
    ("share", "value"), [(0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.95, 95), (1, 100)]
)
def test_percentile_is_a_value_that_occurred(share, value):
    assert percentile(range(100, 0, -1), share) == value


def test_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_report_gives_multiples_of_the_empty_view():
    text = report([measured()], at=datetime(2026, 11, 21, tzinfo=UTC))

    assert "Measured on 21 November 2026: " in text
    assert "### SQLite, 1,000 products" in text
    assert line_of(text, "empty project").startswith(
        "| empty project | 0 | 0.50 | 2.00 | 1.00 | – |"
    )
    assert line_of(text, "home") == (
        "| home | 7 | 4.00 | 6.00 | 8.00 | 2.00 | 5.00 | 4.00 | 0.45 | 1.10 | 0.90 | – | – |"
    )
    assert line_of(text, "basket").endswith(
        "| 31 | 10.2 | 13.4 | 20.4 | – | – | – | – | – | – | – | – |"
    )
    assert (
        "| SQLite | 1,000 | 12.3 s | 5.0 s | 12.3 ms | 250 ms | 4.50 ms | 0.90 ms | 2.0 s |" in text
    )


def test_report_compares_sizes_of_each_database():
    rows = [measured(), measured(10_000, cpu=0.005), measured(1000, "mariadb")]

    text = report(rows, at=datetime(2026, 11, 21, tzinfo=UTC))

    assert "| SQLite | 1,000 | 10,000 | largest ÷ smallest |" in text
    assert "| home | 4.00 | 5.00 | 1.25 |" in text
    assert "| MariaDB | 1,000 | largest ÷ smallest |" in text


def test_tables_replace_the_text_between_the_markers():
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    once = put_between_markers(text, "new")

    assert once == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert put_between_markers(once, "new") == once
    for wrong in ("no markers", BEGIN, f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="markers|must be"):
            put_between_markers(wrong, "new")


def test_performance_doc_has_the_markers():
    put_between_markers(DOCS.read_text("utf-8"), "new")


def test_large_option_adds_one_size():
    assert arguments([]).sizes == [1_000, 10_000]
    assert arguments(["--large", "--sizes", "500"]).sizes == [500, 100_000]


def test_response_cookies_accumulate():
    class Headers:
        def get_all(self, name):
            return ["b=3; Path=/; HttpOnly", "c=4"] if name == "Set-Cookie" else None

    request = Request("/basket/", headers=(("Cookie", "a=1; b=2"), ("X-Other", "yes")))

    sent = with_cookies(request, Headers())

    assert dict(sent.headers) == {"Cookie": "a=1; b=3; c=4", "X-Other": "yes"}
    assert request_from({"path": "/", "headers": [["A", "b"]]}) == Request(
        "/", headers=(("A", "b"),)
    )


def test_database_settings_come_from_the_variables(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///somebody-elses.sqlite3")
    monkeypatch.setenv("BENCH_MYSQL_URL", "mysql://u:p@db:3306/measure")

    sqlite, mariadb = (Database(kind, 500, tmp_path, 8190) for kind in ("sqlite", "mariadb"))

    environment = sqlite.environment(PAGE_CACHE="off")
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/sqlite-500/db.sqlite3"
    assert (environment["PAGE_CACHE"], environment["DEBUG"]) == ("off", "off")
    assert mariadb.url == mysql_url(500) == "mysql://u:p@db:3306/measure_500"


def test_missing_server_is_reported_in_one_sentence():
    pytest.importorskip("MySQLdb")

    with pytest.raises(
        PrerequisiteMissing,
        match="^MariaDB refused the connection to 127.0.0.1: .*--database sqlite",
    ):
        create_database(f"mysql://nobody:wrong@127.0.0.1:{free_port()}/vitrine_bench_1")


def test_empty_project_is_served_behind_startprojects_middleware():
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with serving(EMPTY_PROJECT, port=free_port(), environment=environment) as server:
        plain = server.ask(EMPTY_VIEW)
    environment["BENCH_MIDDLEWARE"] = "on"
    with serving(EMPTY_PROJECT, port=free_port(), environment=environment) as server:
        guarded = server.ask(EMPTY_VIEW)

    assert plain["X-Frame-Options"] is None
    assert guarded["X-Frame-Options"] == "DENY"


def test_pages_from_redis_are_measured_without_the_workers_memory(monkeypatch):
    monkeypatch.setattr(stores, "MEMORY_BYTES", stores.MEMORY_BYTES)
    (_process, in_memory), (_redis, from_redis) = cached_modes("redis://127.0.0.1:6379/14")
    assert in_memory == {}

    monkeypatch.setitem(sys.modules, "site_project.wsgi", SimpleNamespace(application=None))
    for name in from_redis.keys() - {"REDIS_URL"}:
        monkeypatch.setenv(name, from_redis[name])
    runpy.run_module("tools.bench.wsgi")

    assert stores.MEMORY_BYTES == 0


def test_empty_project_is_served_and_measured():
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with serving(EMPTY_PROJECT, port=free_port(), environment=environment) as server:
        cost = server.cost(EMPTY_VIEW, seconds=0.05)

        assert 0 < cost.cpu < 0.1
        assert 0 < cost.p50 <= cost.p95
        assert server.started_in > 0
        with pytest.raises(WrongAnswer, match="GET /elsewhere returned 404"):
            server.ask(Request("/elsewhere"))
        worker = server.worker

    with pytest.raises(FileNotFoundError):
        cpu_of(worker)


@pytest.mark.parametrize("path", ["/catalogue/", "/search/?q=vase", "/search/suggest/?q=vas"])
def test_products_of_a_page_are_found_by_their_cards(client, mug, vase, site_root, path):
    """Regression: the benchmark ended in the middle after a class had been renamed."""
    assert vase.pk in products_in(client.get(path).content.decode())


def test_page_without_cards_is_reported():
    with pytest.raises(ValueError, match="no product cards"):
        products_in("<p>Nothing found</p>")


def test_server_on_a_taken_port_is_not_measured():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with (
            pytest.raises(PrerequisiteMissing, match=f"Port {port} is taken"),
            serving("x:y", port=port, environment={}),
        ):
            pass


def test_missing_server_is_reported_before_anything_is_measured(tmp_path, monkeypatch):
    """Otherwise ten minutes of measuring SQLite would be lost."""
    begun = []
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("BENCH_MYSQL_URL", f"mysql://nobody:wrong@127.0.0.1:{free_port()}/vitrine_x")
    monkeypatch.setattr("sys.argv", ["bench", "--sizes", "10"])
    monkeypatch.setattr(Database, "prepare", lambda self: begun.append(self))

    with pytest.raises(SystemExit, match="MariaDB refused the connection"):
        main()

    assert not begun
