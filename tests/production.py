"""Parts of a production on free local ports: certificate, nginx, Redis, database."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.site import ROOT, free_port

HOST = "shop.test"
#: Debian installs it outside a normal user's PATH.
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
#: Continuous integration must have all of them (.ci/run).
IS_CI = os.environ.get("VITRINE_CI") == "on"
REDIS_SERVER = shutil.which("redis-server")


def make_certificate(folder: Path) -> Path:
    """Create a self-signed certificate for HOST: ``fullchain.pem`` and ``privkey.pem``."""
    folder.mkdir()
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
            "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "fullchain.pem"


@contextmanager
def nginx(folder: Path, name: str, *, web: int, plain: int, tls: int = 0, media: Path):
    """Run nginx with a file from ``deploy/nginx/``, on other ports and paths. ``media`` is its /srv."""
    shipped = (ROOT / "deploy" / "nginx" / name).read_text()
    for old, new in (
        ("web:8000", f"127.0.0.1:{web}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"),
        ("https://$host$request_uri", f"https://$host:{tls}$request_uri"),
        ("/etc/nginx/tls/", f"{folder}/tls/"),
        ("/etc/nginx/vitrine/site.conf", f"{folder}/site.conf"),
        ("/etc/nginx/vitrine/log.conf", f"{folder}/log.conf"),
    ):
        shipped = shipped.replace(old, new)
    site = (ROOT / "deploy" / "nginx" / "site.conf").read_text()
    (folder / "site.conf").write_text(site.replace("root /srv;", f"root {media};"))
    log = (ROOT / "deploy" / "nginx" / "log.conf").read_text()
    (folder / "log.conf").write_text(log.replace("/var/log/nginx/", f"{folder}/"))
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / f"{name}.main"
    main.write_text(
        f"daemon off;\npid {folder}/{name}.pid;\nerror_log {folder}/{name}.log;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "events {}\nhttp {\ninclude /etc/nginx/mime.types;\n"
        + f"{temporary}{shipped}\n}}\n"
    )
    process = subprocess.Popen([NGINX, "-c", main, "-e", folder / f"{name}.log"])
    try:
        _wait_for_port(plain, process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def redis_server(folder: Path, password: str):
    """Run a Redis server with a password. Yields the URL without the password."""
    port = free_port()
    process = subprocess.Popen(
        [
            REDIS_SERVER, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password,
            "--save", "", "--appendonly", "no", "--dir", folder, "--loglevel", "warning",
        ]
    )  # fmt: skip
    try:
        _wait_for_port(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def fresh_database(folder: Path, name: str):
    """The URL of an empty database: on the server of TEST_DATABASE_URL, otherwise a file."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url.startswith(("mysql:", "mariadb:")):
        yield f"sqlite:///{folder}/db.sqlite3"
        return
    import MySQLdb

    parts = urlsplit(url)
    server = MySQLdb.connect(
        host=parts.hostname, port=parts.port or 3306, user=parts.username, passwd=parts.password
    )
    drop = f"DROP DATABASE IF EXISTS {name}"
    server.query(drop)
    server.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_as_ci")
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        server.query(drop)
        server.close()


def _wait_for_port(port: int, process: subprocess.Popen):
    import socket

    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


class ToThisMachine(HTTPAdapter):
    """Sends requests for HOST to 127.0.0.1 and verifies the certificate against HOST."""

    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        request.headers["Host"] = parts.netloc
        request.url = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
        response = super().send(request, **kwargs)
        response.url = request.url = parts.geturl()  # the URL in the shopper's browser
        return response

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, server_hostname=HOST, assert_hostname=HOST, **kwargs)


def session_to(url: str, certificate: Path | None) -> requests.Session:
    """A session that reaches HOST without DNS and trusts only this certificate."""
    session = requests.Session()
    session.trust_env = False
    if certificate is not None:
        session.verify = str(certificate)
    session.mount(f"{urlsplit(url).scheme}://{HOST}", ToThisMachine())
    return session
