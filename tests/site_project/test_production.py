"""A production deployed as docs/deploy.md describes, on this machine, with purchases through nginx.

Uses MariaDB if TEST_DATABASE_URL is set, otherwise SQLite, and Redis with a password if redis-server
is installed. Continuous integration has both.
"""

import re
import secrets
import socket
import ssl
import subprocess
import sys
import time
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.production import (
    HOST,
    IS_CI,
    NGINX,
    REDIS_SERVER,
    fresh_database,
    make_certificate,
    nginx,
    redis_server,
    session_to,
)
from tests.races.buyer import Buyer
from tests.site import ROOT, SERVE, RunningSite, free_port, serving
from tests.smtp_sink import SmtpSink, smtp_sink

pytestmark = [
    pytest.mark.production,
    pytest.mark.xdist_group("production"),  # one process deploys the site for all tests
    pytest.mark.race,
    pytest.mark.skipif(not NGINX and not IS_CI, reason="nginx is not installed; .ci/run has it"),
]
PREPARE = """
from tests.factories import make_product
vase = make_product("Moon vase", price="90.00", stock=3)
print("VASE", vase.pk, vase.get_absolute_url())
"""


@dataclass
class Production:
    """The running site with its proxy and mail server."""

    site: RunningSite
    sink: SmtpSink
    certificate: Path
    plain: int
    web: int
    setup: str

    def browser(self):
        return session_to(self.site.url, self.certificate)


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """A site deployed by docs/deploy.md, from an empty database to two web processes."""
    folder = tmp_path_factory.mktemp("production")
    web, plain, tls = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        sink = stack.enter_context(smtp_sink())
        certificate = make_certificate(folder / "tls")
        name = f"vitrine_start_{secrets.token_hex(4)}"
        environment = {
            "PATH": "/usr/bin:/bin",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SITE_URL": f"https://{HOST}:{tls}",
            "SITE_NAME": "North & Vale",
            "BEHIND_PROXY": "on",
            "DATABASE_URL": stack.enter_context(fresh_database(folder, name)),
            "EMAIL_URL": sink.url,
            "DEFAULT_FROM_EMAIL": f"North & Vale <orders@{HOST}>",
            "DEMO_GATEWAY": "on",
            "VAR_DIR": str(folder / "var"),
            "MEDIA_ROOT": str(folder / "srv" / "media"),
            "LOG_LEVEL": "WARNING",
        }
        if REDIS_SERVER or IS_CI:
            password = secrets.token_urlsafe(24)
            (folder / "redis_password").write_text(password)
            environment["REDIS_URL"] = stack.enter_context(redis_server(folder, password))
            environment["REDIS_PASSWORD_FILE"] = str(folder / "redis_password")
        site = RunningSite(environment["SITE_URL"], folder, environment)
        setup = _set_up(site)
        stack.enter_context(_serving(site, web))
        stack.enter_context(
            nginx(folder, "tls.conf", web=web, plain=plain, tls=tls, media=folder / "srv")
        )
        yield Production(site, sink, certificate, plain, web, setup)


def _set_up(site):
    """Run the commands of docs/deploy.md. Returns the output of setup_shop."""
    (site.folder / "password").write_text("correct-horse-battery-9")
    site.manage("migrate_if_needed")
    said = site.manage(
        "setup_shop", "--admin", f"owner@{HOST}", "--password-file", str(site.folder / "password")
    )
    site.manage("collectstatic", "--noinput", "-v0")
    return said


def _serving(site, port):
    inside = RunningSite(f"http://127.0.0.1:{port}", site.folder, site.environment)
    return serving(inside, "--workers", "2", "--threads", "2")


def buy(production, vase, *, number=0):
    """Buy a product in a new browser. Returns the browser on the thank-you page."""
    buyer = Buyer(production.site.url, number)
    buyer.session = production.browser()
    buyer.reach_payment(vase)
    assert buyer.pay().status_code == 200, buyer.answer.text
    assert buyer.confirm().status_code == 200
    page = buyer.get("/checkout/return/")
    assert page.url.endswith("/checkout/thank-you/"), page.url
    return buyer


@dataclass
class Piece:
    pk: str
    path: str

    def get_absolute_url(self):
        return self.path


@pytest.fixture(scope="module")
def vase(production):
    said = production.site.manage("shell", "-v0", "-c", PREPARE)
    line = next(line for line in said.splitlines() if line.startswith("VASE"))
    return Piece(*line.split()[1:])


def test_shop_sells_through_nginx_and_the_mail_arrives(production, vase):
    buyer = buy(production, vase, number=1)

    mail = production.sink.wait_for("buyer1@example.com")
    assert "Thank you" in buyer.page or "thank you" in buyer.page
    assert mail["From"] == f"North & Vale <orders@{HOST}>"
    body = mail.get_body(("plain",)).get_content()
    assert production.site.url in body
    assert "http://" not in body.replace(production.site.url, "")
    assert not (production.site.folder / "var" / "mail").exists()


def test_setup_reports_its_work_without_a_password(production):
    assert "correct-horse" not in production.setup
    assert f"Administrator: owner@{HOST} created." in production.setup


def test_deployment_check_finds_nothing(production):
    run = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", "--database",
         "default"],
        cwd=ROOT, env=production.site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert "no issues" in run.stdout


def test_headers_of_a_page(production):
    answer = production.browser().get(production.site.url + "/")

    assert answer.headers["Strict-Transport-Security"] == "max-age=3600"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    said = answer.headers["Content-Security-Policy"]
    assert f"script-src {production.site.url}/static/" in said
    assert "base-uri 'none'" in said
    assert "nginx/" not in answer.headers["Server"]
    for path in ("/basket/", "/checkout/", "/accounts/login/"):
        said = production.browser().get(production.site.url + path, allow_redirects=False)
        assert said.headers["Cache-Control"] == "private, no-store", path


def test_cookies_as_a_browser_gets_them(production, vase):
    buyer = Buyer(production.site.url)
    buyer.session = production.browser()
    set_cookies = []
    buyer.session.hooks["response"].append(
        lambda answer, **_: set_cookies.extend(answer.raw.headers.getlist("Set-Cookie"))
    )

    buyer.reach_payment(vase)

    names = {line.partition("=")[0] for line in set_cookies}
    assert {f"__Host-{name}" for name in ("sessionid", "csrftoken", "oscar_open_basket")} <= names
    for line in set_cookies:
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        assert line.startswith("__Host-"), line
        assert {"secure", "path=/", "samesite=lax"} <= parts, line
        assert not [part for part in parts if part.startswith("domain")], line


@pytest.mark.parametrize(
    ("address", "logged"),
    [
        ("/download/a-secret/", "GET /download/... "),
        ("/your-order/a-secret/", "GET /your-order/... "),
        ("/withdraw/received/a-secret/", "GET /withdraw/received/... "),
        ("/wishlists/a-secret/", "GET /wishlists/... "),
        ("/accounts/password/reset/key/1-a-secret/", "GET /accounts/password/reset/key/... "),
        ("/accounts/alerts/confirm/a-secret/", "GET /accounts/alerts/... "),
        ("/search/?code=a-secret", "GET /search/ "),
    ],
)
def test_access_log_contains_no_secret(production, address, logged):
    with production.browser() as browser:
        browser.get(
            production.site.url + address,
            headers={"Referer": f"https://{HOST}/your-order/a-secret/"},
        )

    log = production.site.folder / "access.log"
    end = time.monotonic() + 10
    while logged not in log.read_text() and time.monotonic() < end:
        time.sleep(0.1)  # nginx logs after its response
    text = log.read_text()
    assert logged in text
    assert "a-secret" not in text


#: Bodies whose length two chained servers might parse differently (RFC 9112, section 6.3).
AMBIGUOUS = {
    "both": "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    "two lengths": "Content-Length: 1\r\nContent-Length: 6\r\n\r\nabcdef",
    "odd length": "Content-Length: +1\r\n\r\na",
    "odd encoding": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "odd chunk": "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "broken header": "Content-Length : 1\r\n\r\na",
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("by", ["nginx", "web"])
def test_ambiguous_request_length_smuggles_no_request(production, kind, by):
    """Otherwise another client would get the response to a request hidden in the body."""
    port = production.web if by == "web" else urlsplit(production.site.url).port
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    if by == "nginx":
        context = ssl.create_default_context(cafile=production.certificate)
        connection = context.wrap_socket(connection, server_hostname=HOST)
    with connection:
        connection.sendall(
            f"POST /health/ready HTTP/1.1\r\nHost: {HOST}\r\n{AMBIGUOUS[kind]}".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    # In both cases the connection handles no further request.
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    if by == "nginx":
        assert answer.split()[1] in (b"400", b"411", b"501"), answer


def test_plain_http_redirects_to_https(production):
    port = urlsplit(production.site.url).port

    answer = session_to("http://" + HOST, None).get(
        f"http://{HOST}:{production.plain}/catalogue/?page=2", allow_redirects=False
    )

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{HOST}:{port}/catalogue/?page=2"


def test_old_protocols_are_refused(production):
    context = ssl.create_default_context(cafile=production.certificate)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the deprecation is why it is refused
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    port = urlsplit(production.site.url).port

    with socket.create_connection(("127.0.0.1", port)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=HOST)


@pytest.mark.parametrize(
    ("path", "is_served"),
    [
        ("images/photo.png", True), ("images/PHOTO.JPG", True), ("photo.png", False),
        ("documents/photo.png", False), ("documents/a.html", False), ("images/a.html", False),
        ("images/a.svg", False), ("images/a.js", False), ("images/a.png.html", False),
        ("images/a.png/x", False), ("../secret.png", False), ("images/..%2f..%2fsecret.png", False),
    ],
)  # fmt: skip
def test_only_images_are_served_from_disk(production, path, is_served):
    folder = production.site.folder / "srv" / "media"
    for name in ("documents", "images"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("images/photo.png", "images/PHOTO.JPG", "photo.png", "documents/photo.png",
                 "documents/a.html", "images/a.html", "images/a.svg", "images/a.js",
                 "images/a.png.html", "../secret.png", "../../secret.png"):  # fmt: skip
        (folder / name).write_bytes(b"secret")
    request = requests.Request("GET", f"{production.site.url}/media/x").prepare()
    request.url = f"{production.site.url}/media/{path}"

    answer = production.browser().send(request)

    assert answer.status_code in ((200,) if is_served else (400, 404)), answer.text
    if is_served:
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].startswith("image/")
    else:
        assert "secret" not in answer.text


def test_body_of_more_than_twelve_megabytes_is_refused(production):
    url = f"{production.site.url}/webhooks/stripe/"

    assert production.browser().post(url, data=b"x" * (13 * 1024 * 1024)).status_code == 413


def test_proxy_headers_of_a_shopper_are_ignored(production, vase):
    """A shopper who sends proxy headers changes neither host nor scheme."""
    lies = {
        "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "Forwarded": "proto=http",
        "X-Forwarded-For": "203.0.113.9",
    }  # fmt: skip

    answer = production.browser().get(
        production.site.url + "/accounts/login/", headers=lies, allow_redirects=False
    )

    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    wrong = requests.get(
        f"http://127.0.0.1:{production.web}/", headers={"Host": "evil.example"}, timeout=30
    )
    assert wrong.status_code == 400


def test_scheme_header_is_trusted_from_the_terminator(production):
    plain = free_port()
    folder = production.site.folder
    url = f"http://{HOST}:{plain}/accounts/login/"
    with nginx(folder, "behind-tls.conf", web=production.web, plain=plain, media=folder / "srv"):
        browser = session_to("http://" + HOST, None)
        browser.headers["X-Forwarded-For"] = "203.0.113.9"

        behind = browser.get(url, headers={"X-Forwarded-Proto": "https"}, allow_redirects=False)
        without = browser.get(url, allow_redirects=False)

    assert behind.status_code == 200  # and no redirect loop
    assert without.status_code == 301
    assert without.headers["Location"].startswith("https://")


# --- One variable missing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set to at least 50 random characters"),
        ({"SITE_URL": f"http://{HOST}"}, "SITE_URL must begin with https://"),
        ({"ALLOWED_HOSTS": "127.0.0.1"}, f"ALLOWED_HOSTS lacks {HOST}"),
        ({"EMAIL_URL": ""}, "EMAIL_URL is not set"),
        ({"DEFAULT_FROM_EMAIL": ""}, "DEFAULT_FROM_EMAIL is not set"),
        ({"DEMO_GATEWAY": ""}, "The shop cannot take payments: set STRIPE_SECRET_KEY"),
        ({"DATABASE_URL": ""}, "The database lacks"),
        ({"REDIS_URL": "redis://cache.example:6379/0", "REDIS_PASSWORD_FILE": ""},
         "Redis at cache.example stores sessions but has no password"),
        ({"DEBUG": "on"}, "DEBUG is on at a public address"),
    ],
)  # fmt: skip
def test_production_with_one_variable_missing_does_not_start(production, changes, words):
    port = free_port()

    run = subprocess.run(
        [sys.executable, SERVE, "--port", str(port), "--web-only"],
        cwd=ROOT, env={**production.site.environment, **changes},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert run.returncode != 0
    sentences = re.findall(r"(?m)^vitrine: not started\. (.+)$", run.stderr)
    assert len(sentences) == 1, run.stderr
    assert sentences[0].startswith(words)
    assert "Traceback" not in run.stderr
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
