"""The whole site as a newcomer has it: its own folder, the demo shop, web, worker and clock."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.site import running_site, set_up


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The demo shop, served by ``serve.py`` from a fresh folder on an embedded database.

    Each process of a run has a site of its own; the first one sets it up for all.
    """
    common = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        common = common.parent  # of all processes of this run
    # A folder that an earlier run set up saves the minutes.
    model = Path(os.environ.get("E2E_FOLDER") or common / "model")
    model.mkdir(exist_ok=True)
    ready = model / "ready"
    with (common / "model.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            set_up(model)
            ready.touch()
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(model, folder, dirs_exist_ok=True)
    with running_site(folder) as running:
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
    """Append each error of a page's scripts to ``wrong``.

    The browser reports a cross-page transition that it gave up (a page went away under it) as one;
    the navigation itself went well.
    """
    page.on(
        "pageerror",
        lambda error: None if "Transition was" in str(error) else wrong.append(str(error)),
    )


@pytest.fixture
def page(chromium, site):
    """A visitor without cookies. Every request to another host, and every 5xx, fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
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
