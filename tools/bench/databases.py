"""The databases that are measured: one for each kind and size, kept so that a second run is quick."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.bench.server import HOST, Missing

ROOT = Path(__file__).resolve().parent.parent.parent
SQLITE, MARIADB = "sqlite", "mariadb"
DEFAULT_MYSQL_URL = "mysql://vitrine:vitrine@127.0.0.1:3306/vitrine_bench"
COLLATION = "utf8mb4_uca1400_as_ci"
#: A key for a site that nobody but the measurement visits.
SECRET_KEY = "only-for-measuring-0123456789-abcdefghij-0123456789"  # noqa: S105


@dataclass(frozen=True)
class Database:
    """A database of one kind and size; its media and, for SQLite, itself lie in ``folder``."""

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
        """The environment of the site over this database, as in production."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
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
        """What a Python program says that runs over this database. Raises CalledProcessError."""
        run = subprocess.run(  # noqa: S603  our own programs
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment(), check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return run.stdout

    def ask(self, module):
        """The JSON that a module of ours prints over this database, in its last line."""
        return json.loads(self.run("-m", module).splitlines()[-1])

    def reach(self):
        """Make it, empty, where its server has none. Raises Missing where that is not possible."""
        if self.kind == MARIADB:
            create_database(self.url)

    def prepare(self):
        """Fill it where it is not: migrated, the demo shop, so many pieces beside it."""
        (self.folder / "media").mkdir(parents=True, exist_ok=True)
        self.run("manage.py", "migrate_if_needed")
        if not (self.folder / "loaded").exists():
            self.run("manage.py", "load_demo", "-v0")
            (self.folder / "loaded").touch()
        self.run("manage.py", "generate_catalogue", str(self.size), "-v0")
        self.run("manage.py", "sync_sites")


def grow(smaller, larger):
    """Begin a larger SQLite database as a copy of a smaller one; loading the demo takes minutes."""
    if smaller.kind == larger.kind == SQLITE and not larger.folder.exists():
        shutil.copytree(smaller.folder, larger.folder)


def mysql_url(size=None):
    """The address of the server's database for a size; without one as the environment names it."""
    url = os.environ.get("BENCH_MYSQL_URL") or DEFAULT_MYSQL_URL
    return f"{url}_{size}" if size else url


def create_database(url):
    """Create a MariaDB database where it is missing. Raises Missing where that is not possible."""
    try:
        import MySQLdb
    except ImportError as error:
        raise Missing("MariaDB needs mysqlclient: make .venv/mysql.stamp builds it.") from error
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
        raise Missing(
            f"MariaDB does not let us in at {parts.hostname}: {error.args[-1]} (BENCH_MYSQL_URL "
            "names another server; --database sqlite measures without)."
        ) from error
