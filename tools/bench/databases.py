"""Databases to measure, one per kind and size. They are kept so that a second run starts quickly."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.bench.server import HOST, PrerequisiteMissing

ROOT = Path(__file__).resolve().parent.parent.parent
SQLITE, MARIADB = "sqlite", "mariadb"
DEFAULT_MYSQL_URL = "mysql://vitrine:vitrine@127.0.0.1:3306/vitrine_bench"
COLLATION = "utf8mb4_uca1400_as_ci"
#: Secret key of the measured site, which has no real visitors.
SECRET_KEY = "only-for-measuring-0123456789-abcdefghij-0123456789"  # noqa: S105


@dataclass(frozen=True)
class Database:
    """A database of one kind and size. Its media and its SQLite file are in ``folder``."""

    kind: str
    size: int
    var: Path
    port: int

    @property
    def folder(self):
        return self.var / f"{self.kind}-{self.size}"

    @property
    def url(self):
        return (
            f"sqlite:///{self.folder}/db.sqlite3" if self.kind == SQLITE else mysql_url(self.size)
        )

    def environment(self, **extra):
        """Return the environment of the site over this database, with production settings."""
        variables = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        }
        return {
            **variables,
            "SECRET_KEY": SECRET_KEY,
            "SITE_URL": f"http://{HOST}:{self.port}",
            "DATABASE_URL": self.url,
            "VAR_DIR": str(self.var),
            "MEDIA_ROOT": str(self.folder / "media"),
            "DEMO_GATEWAY": "on",
            "DEBUG": "off",
            "EMAIL_URL": "",
            "REDIS_URL": "",
            "S3_BUCKET": "",
            "STRIPE_SECRET_KEY": "",
            "TASK_QUEUE": "database",
            "LOG_LEVEL": "WARNING",
            **extra,
        }

    def run(self, *arguments):
        """Run a Python program over this database and return its output. Raises CalledProcessError."""
        run = subprocess.run(  # noqa: S603  our own programs
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment(), check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return run.stdout

    def ask(self, module):
        """Run one of our modules over this database and return the JSON of its last output line."""
        return json.loads(self.run("-m", module).splitlines()[-1])

    def reach(self):
        """Create the empty database if it does not exist. Raises PrerequisiteMissing if that is not possible."""
        if self.kind == MARIADB:
            create_database(self.url)

    def prepare(self):
        """Fill the database if it is empty: migrations, the demo shop, ``size`` generated products and some with 100 variants."""
        (self.folder / "media").mkdir(parents=True, exist_ok=True)
        self.run("manage.py", "migrate_if_needed")
        if not (self.folder / "loaded").exists():
            self.run("manage.py", "load_demo", "-v0")
            (self.folder / "loaded").touch()
        self.run("manage.py", "generate_catalogue", str(self.size), "-v0")
        self.run("-m", "tools.bench.many_variants")
        self.run("manage.py", "sync_sites")


def grow(smaller, larger):
    """Start a larger SQLite database as a copy of a smaller one; loading the demo takes minutes."""
    if smaller.kind == larger.kind == SQLITE and not larger.folder.exists():
        shutil.copytree(smaller.folder, larger.folder)


def mysql_url(size=None):
    """Return the URL of the database for a size, or the URL of the server without a size."""
    url = os.environ.get("BENCH_MYSQL_URL") or DEFAULT_MYSQL_URL
    return f"{url}_{size}" if size else url


def create_database(url):
    """Create a MariaDB database if it does not exist. Raises PrerequisiteMissing if that is not possible."""
    try:
        import MySQLdb
    except ImportError as error:
        raise PrerequisiteMissing(
            "MariaDB needs mysqlclient. Build it with: make .venv/mysql.stamp"
        ) from error
    parts = urlsplit(url)
    try:
        connection = MySQLdb.connect(
            host=parts.hostname, port=parts.port or 3306,
            user=unquote(parts.username or ""), password=unquote(parts.password or ""),
        )  # fmt: skip
        with closing(connection), closing(connection.cursor()) as cursor:
            name = parts.path.strip("/").replace("`", "")
            cursor.execute(
                f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE {COLLATION}"
            )
    except MySQLdb.Error as error:
        raise PrerequisiteMissing(
            f"MariaDB refused the connection to {parts.hostname}: {error.args[-1]} (set BENCH_MYSQL_URL "
            "to use another server, or pass --database sqlite to skip MariaDB)."
        ) from error
