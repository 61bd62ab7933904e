"""Fixtures for every test. The network is blocked, and the demo gateway starts without faults."""

import gc
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.test import TransactionTestCase
from stripe._stripe_service import StripeService

from checkout_app.gateways.stripe import get_gateway
from commerce.page_cache.versions import versions
from demo_gateway import faults
from home import sites
from site_project.snapshot import restore
from tests import factories
from tests.caching import REDIS, forget
from tests.database import make_reset, migrated_once, write_copy
from tests.stripe_params import check_params

#: Markers of tests that take many seconds.
LONG = ("production", "race", "slow")


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item):
    """Mark the tests that need no database: pytest-django refuses them access to it.

    They are the same on every database.
    """
    uses = {"db", "transactional_db"} & {*item.fixturenames}
    kinds = ("browser", "django_db", "production", "race")
    if not uses and not any(map(item.get_closest_marker, kinds)):
        item.add_marker("no_database")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the long tests, so that no process is alone with one of them at the end."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, LONG)))


def pytest_collection_finish(session):
    """Collect garbage less often: scanning all modules and tests took a fifth of the suite's time.

    Refuses to run if pytest-xdist does not group: each process would deploy the site for itself.
    """
    if session.config.getoption("loadgroup", default=False):
        alone = [item for item in session.items if item.get_closest_marker("xdist_group")]
        if any("@" not in item.nodeid for item in alone):
            raise pytest.UsageError("pytest-xdist does not group tests with this version of pytest")
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)


@pytest.fixture(autouse=True)
def _clean_gateway():
    faults.clear()
    get_gateway.cache_clear()
    yield
    faults.clear()


@pytest.fixture
def shop(db):
    """A country, two delivery methods, and the Sites of a new installation."""
    return factories.make_shop()


@pytest.fixture
def mug(shop):
    """A mug in two glazes at £24.00, ten and three in stock."""
    return factories.make_product("Harbour mug", price="24.00", glazes={"oat": 10, "slate": 3})


@pytest.fixture
def vase(shop):
    """A vase without variants at £90.00, one in stock."""
    return factories.make_product("Moon vase", price="90.00", stock=1)


@pytest.fixture(autouse=True)
def _typed_stripe_requests(monkeypatch):
    """Check every request to Stripe, in every test, against stripe-python's typed params."""
    send = StripeService._request

    def checked(self, method, url, params=None, *args, **kwargs):
        caller = sys._getframe(1).f_code.co_name
        check_params(type(self), caller, params)
        return send(self, method, url, params, *args, **kwargs)

    monkeypatch.setattr(StripeService, "_request", checked)


@pytest.fixture
def site_root(db):
    """The home page of a new installation, created again if a flushed database has lost it."""
    return factories.make_site_root()


@pytest.fixture
def crawler(client, site_root, monkeypatch):
    """A client for thousands of requests: returns errors, and looks up the site only once."""
    site = sites._find_single_site()
    monkeypatch.setattr(sites, "_find_single_site", lambda: site)
    client.raise_request_exception = False
    return client


@pytest.fixture
def static_files(settings):
    """Styles, scripts and icons at their URLs, as from a server."""
    settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture
def caching(settings, tmp_path):
    """``caching(place)`` turns the page cache on, with an empty store."""

    def switch_on(place="file"):
        settings.PAGE_CACHE = True
        settings.PAGE_VERSIONS = settings.PAGE_STORE = place
        settings.PAGE_CACHE_FOLDER = tmp_path / "pages"
        settings.REDIS_URL = REDIS
        forget()
        if place == "redis":
            versions().store.client.flushdb()

    yield switch_on
    forget()


@pytest.fixture
def process(settings, tmp_path):
    """Turn on the caches of a server process, but not the page cache."""
    settings.PAGE_VERSIONS = "file"
    settings.PAGE_CACHE_FOLDER = tmp_path / "pages"
    forget()
    yield
    forget()


@pytest.fixture(scope="session")
def django_db_keepdb(request, django_db_modify_db_settings):
    """On SQLite, start each run from the snapshot; migrating would take a minute per process."""
    from django.db import connection

    is_reused = request.config.getvalue("reuse_db") and not request.config.getvalue("create_db")
    if connection.vendor != "sqlite":
        return is_reused
    path = Path(connection.settings_dict["TEST"]["NAME"])
    if not (is_reused and path.exists()):
        path.unlink(missing_ok=True)
        restore(path)
    return True


@pytest.fixture(scope="session")
def mysql_copy(tmp_path_factory):
    """Where the processes of this run share their migrated MySQL database."""
    folder = tmp_path_factory.getbasetemp()
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    return (folder.parent if is_shared else folder) / "migrated.mysql"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker, mysql_copy):
    """On MySQL, let one process migrate and the others copy its database."""
    from django.db import connection

    if connection.vendor != "mysql":
        yield ExitStack()
        return
    with django_db_blocker.unblock(), migrated_once(mysql_copy) as lock:
        yield lock


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, django_db_modify_db_settings, mysql_copy):
    """After a test that commits, restore the database instead of flushing it."""
    from django.db import connection

    from commerce.models import ShopSettings

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "mysql" and not mysql_copy.exists():
            write_copy(mysql_copy)
        django_db_modify_db_settings.close()
        # Tests of filters rely on these bands, whatever their products cost.
        ShopSettings.objects.update(price_bands="25, 50, 100, 250, 500, 1000, 2500, 5000")
        reset = make_reset()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: reset())
        yield
