"""A complete new installation: its own folder, the demo shop, web server, worker and scheduler."""

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.factories import PASSWORD
from tests.site import running_site, set_up

EMAIL = "at-the-desk@example.com"
MAKE_STAFF = f"""
from django.contrib.auth import get_user_model
from tests.factories import make_user
get_user_model().objects.filter(email="{EMAIL}").exists() or make_user("{EMAIL}", is_staff=True, is_superuser=True)
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The demo shop Saltmarsh, served by ``serve.py`` from a new folder with SQLite.

    Each process of a test run has its own site. The first process sets one up for all.
    """
    with _served(tmp_path_factory, worker_id, "model") as running:
        yield running


@pytest.fixture(scope="session")
def lindenblatt(tmp_path_factory, worker_id):
    """The demo shop Lindenblatt, likewise. Its tests are one group, so that one process serves it."""
    with _served(tmp_path_factory, worker_id, "lindenblatt", DEMO="lindenblatt") as running:
        yield running


@contextmanager
def _served(tmp_path_factory, worker_id, name, **environment):
    common = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        common = common.parent  # shared by all processes of this run
    # Reuse the folder of an earlier run, which saves minutes.
    kept = os.environ.get("E2E_FOLDER")
    model = Path(kept) / name if kept else common / name
    model.mkdir(exist_ok=True, parents=True)
    ready = model / "ready"
    with (common / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            set_up(model, **environment)
            ready.touch()
    folder = tmp_path_factory.mktemp(name)
    shutil.copytree(model, folder, dirs_exist_ok=True)
    with running_site(folder, **environment) as running:
        yield running


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def collect_page_errors(page, wrong):
    """Append each script error of a page to ``wrong``.

    The browser also reports abandoned cross-page transitions as errors, although the navigation
    itself succeeds.
    """
    page.on(
        "pageerror",
        lambda error: None if "Transition was" in str(error) else wrong.append(str(error)),
    )


@pytest.fixture
def page(chromium, site):
    """A page of a visitor to Saltmarsh (see ``visit``)."""
    with visit(chromium, site) as visitor:
        yield visitor


@contextmanager
def visit(chromium, site, **settings):
    """A page of a visitor without cookies. Requests to other hosts and 5xx responses fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **settings)
    visitor = context.new_page()
    wrong = []
    visitor.on("request", lambda r: None if site.is_ours(r.url) else wrong.append(r.url))
    visitor.on(
        "response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 500 else None
    )
    collect_page_errors(visitor, wrong)
    yield visitor
    context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def _staff(site):
    site.manage("shell", "-c", MAKE_STAFF)


@pytest.fixture
def desk(page, site, _staff):
    """A signed-in member of staff."""
    page.goto(f"{site.url}/dashboard/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    return page
