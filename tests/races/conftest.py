"""Real concurrency: threads with their own connections, started together by a barrier."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.db.models import F
from django.db.models.functions import Coalesce
from oscar.core.loading import get_model

from checkout_app.payments import placement
from tests.site import RunningSite, free_port, serving, site_environment, web_command


@pytest.fixture
def together():
    """``together(n, work)`` runs ``work(i)`` in n threads at once and returns the results in order.

    An exception is also a result: it is returned in its position, not raised.
    """

    def run(count, work):
        barrier = threading.Barrier(count)
        results = [None] * count

        def one(index):
            try:
                barrier.wait(timeout=30)
                results[index] = work(index)
            except Exception as error:  # noqa: BLE001  the test looks at it
                results[index] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        return results

    return run


@pytest.fixture
def meet(monkeypatch):
    """``meet()``, called in two open transactions, makes each wait once for the other.

    SQLite never has two, because BEGIN admits one writer (transaction_mode IMMEDIATE). That prevents
    every deadlock, so it is turned off until the two transactions have met.
    """
    barrier, have_met = threading.Barrier(2), set()
    if connection.vendor == "sqlite":
        options = connections.settings["default"]["OPTIONS"]
        monkeypatch.setitem(options, "transaction_mode", "DEFERRED")

    def wait_for_the_other():
        thread = threading.get_ident()
        if thread in have_met:
            return
        have_met.add(thread)
        barrier.wait(timeout=30)
        if connection.vendor == "sqlite":
            connection.transaction_mode = "IMMEDIATE"

    return wait_for_the_other


@pytest.fixture
def stock_unguarded(monkeypatch):
    """Orders allocate stock without the condition that there is enough."""

    def unguarded(quantities, cause, **_locks):
        records = get_model("partner", "StockRecord").objects
        for pk, units in quantities.items():
            records.filter(pk=pk).update(num_allocated=Coalesce(F("num_allocated"), 0) + units)

    monkeypatch.setattr(placement, "reserve_stock", unguarded)


@pytest.fixture
def served(tmp_path, settings):
    """A context manager that serves the site from the test database, without start checks."""

    @contextmanager
    def run(*, workers=1, threads=4, **extra):
        site = _site_in(tmp_path, **extra)
        with serving(site, command=web_command(site.url, workers, threads)):
            settings.SITE_URL = site.url  # the mark on intents, in both processes
            yield site

    return run


def _site_in(folder, **extra):
    """A site in a folder, on the test database."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = site_environment(
        folder, url,
        DATABASE_URL=database_url(),
        DJANGO_SETTINGS_MODULE="tests.settings_served",
        **extra,
    )  # fmt: skip
    (folder / "var").mkdir()
    return RunningSite(url, folder, environment)


@pytest.fixture(scope="session")
def mortal_site(tmp_path_factory, django_db_setup):
    """A served site for all tests that kill its web process; ``serve.py`` starts it again."""
    site = _site_in(tmp_path_factory.mktemp("mortal"), PAGE_CACHE="off")
    with serving(site, "--web-only"):
        yield site
        # Stopping the server while it restarts its web process takes ten seconds.
        site.wait_until_up()


def database_url():
    """The URL of the test database."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    host = f"{facts['HOST']}:{facts['PORT'] or 3306}"
    return f"mysql://{facts['USER']}:{facts['PASSWORD']}@{host}/{facts['NAME']}"
