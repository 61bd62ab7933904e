"""A running copy of the site, seen from outside: its URL, its mail folder, its database."""

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import Namespace
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from site_project.serve import commands

ROOT = Path(__file__).resolve().parent.parent
SERVE = str(ROOT / "site_project" / "serve.py")


@dataclass
class RunningSite:
    """A served site: its URL, mails and database."""

    url: str
    folder: Path
    environment: dict

    def is_ours(self, url):
        return url.startswith((self.url, "data:", "blob:"))

    def wait_until_up(self):
        """Wait until the web process responds (again)."""
        wait_until_up(self.url)

    def manage(self, *arguments):
        """Run a management command for this site and return its output."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True, timeout=600,
        ).stdout  # fmt: skip

    def mails(self, containing=""):
        """The texts of sent mails, oldest first."""
        files = sorted((self.folder / "var" / "mail").glob("*.eml"))
        texts = [file.read_text(encoding="utf-8") for file in files]
        return [text for text in texts if containing in text]

    def wait_for_mail(self, containing, seconds=30):
        """Wait for mails that contain a text, and return them."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.mails(containing):
                return found
            time.sleep(0.2)
        raise AssertionError(f"no mail with {containing!r} within {seconds} s")

    def rows(self, sql, *parameters):
        """Query the SQLite database, read only."""
        path = self.folder / "var" / "db.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return connection.execute(sql, parameters).fetchall()


def free_port():
    """A free port below those that the system assigns, which another server could get meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)  # not random: pytest seeds all workers alike
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def site_environment(folder, url, **extra):
    """The environment of a new installation in its own folder."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {
        **kept,
        "SECRET_KEY": "only-for-the-tests-0123456789-abcdefghij-0123456789",
        "SITE_URL": url,
        "VAR_DIR": str(folder / "var"),
        "MEDIA_ROOT": str(folder / "media"),
        "DEMO_GATEWAY": "on",
        "DEBUG": "off",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "EMAIL_URL": "",
        "STRIPE_SECRET_KEY": "",
        "TASK_QUEUE": "database",
        "LOG_LEVEL": "WARNING",
        **extra,
    }


def set_up(folder, **extra):
    """Set up a new installation in a folder: migrations and demo shop. ``DEMO`` names another one.

    Large photographs are rendered here, so that the worker of each copy finds nothing to do.
    """
    site = site_in(folder, **extra)
    site.manage("migrate_if_needed")
    site.manage("load_demo")
    site_in(folder, **extra, TASK_QUEUE="immediate").manage("rebuild_listings", "-v0")


@contextmanager
def running_site(folder, **extra):
    """Serve the installation in a folder, with the current styles and scripts."""
    site = site_in(folder, **extra)
    site.manage("collectstatic", "--noinput", "-v0")
    with serving(site):
        yield site


def site_in(folder, **extra):
    """The site of a folder, on a free port."""
    url = f"http://127.0.0.1:{free_port()}"
    (folder / "var").mkdir(exist_ok=True)
    (folder / "media").mkdir(exist_ok=True)
    return RunningSite(url, folder, site_environment(folder, url, **extra))


def web_command(url, workers, threads):
    """The command line of the web server alone."""
    parts = urlsplit(url)
    return commands(Namespace(
        host=parts.hostname, port=parts.port, workers=workers, threads=threads
    ))["web"]  # fmt: skip


@contextmanager
def serving(site, *arguments, command=None):
    """Run ``serve.py``, or another command, for a site that is set up; stop it with its children."""
    serve = [sys.executable, SERVE, "--port", str(urlsplit(site.url).port), *arguments]
    process = subprocess.Popen(command or serve, cwd=ROOT, env=site.environment)
    try:
        wait_until_up(site.url)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def wait_until_up(url, seconds=60):
    """Wait until a site reports that it is alive."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{url}/health/live", timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not start within {seconds} s")
