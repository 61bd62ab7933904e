"""serve.py runs the site, reports why it cannot, and leaves no process behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import pytest

from site_project import serve
from tests.races.conftest import database_url
from tests.site import ROOT, SERVE, RunningSite, free_port, site_environment, wait_until_up

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
SLOW_SERVER = """
import http.server, sys, time
print("still loading", file=sys.stderr, flush=True)
time.sleep(2)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


@pytest.fixture
def site():
    """A ``Site`` whose web server is a script of the test."""
    made = serve.Site(Namespace(host="127.0.0.1", port=free_port(), workers=1, threads=1))
    yield made
    made.end_all()


def web_of(site, code):
    site.commands["web"] = [sys.executable, "-c", code]


def test_ended_server_is_reported_with_its_last_lines(site, capfd):
    web_of(site, "import sys; print('no such table', file=sys.stderr); sys.exit(4)")

    site.start("web")
    answers = site.wait_for_web()

    told = capfd.readouterr().err
    assert answers is False
    assert "serve: web ended with status 4" in told
    assert told.endswith("serve: its last lines were:\n    no such table\n")


def test_slow_server_is_awaited(site, capfd, monkeypatch):
    monkeypatch.setattr(serve, "SLOW", 1)
    web_of(site, SLOW_SERVER.format(port=site.arguments.port))

    site.start("web")
    answers = site.wait_for_web()

    told = capfd.readouterr().err
    assert answers is True
    assert "still loading" in told
    assert "serve: the web server has not responded after 1 s; still waiting" in told


def run_serve(port):
    return subprocess.run(
        [sys.executable, SERVE, "--port", str(port), "--web-only"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_port_in_use_is_refused_with_a_message():
    """Granian would listen on the same port, and requests would reach either program."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        run = run_serve(port)

    assert run.returncode == 1
    assert run.stderr.startswith(f"serve: port {port} is in use: stop the other server")


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_foreign_host_is_distinguished_from_a_port_in_use(host):
    run = subprocess.run(
        [sys.executable, SERVE, "--host", host, "--port", str(free_port()), "--web-only"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert run.returncode == 1
    assert run.stderr.startswith(f"serve: cannot listen on {host}, port ")
    assert "Traceback" not in run.stderr


@LINUX
def test_two_sites_started_at_once_do_not_share_a_port():
    port = free_port()
    mark = serve.take_port("127.0.0.1", port)  # the first site, before its server listens

    second = run_serve(port)

    assert second.returncode == 1
    assert f"port {port} is in use" in second.stderr
    mark.close()
    serve.take_port("127.0.0.1", port).close()


# --- Nothing stays behind -------------------------------------------------------------------------


def descendants(pid):
    """The pids of a process's descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, children) for found in (child, *descendants(child))]


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_alive(pid):
    """Whether a process runs; False for a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(question, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := question():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come to be")


@LINUX
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_killed_site_ends_all_of_its_processes(tmp_path, shop):
    url = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "var").mkdir()
    environment = site_environment(
        tmp_path, url,
        DATABASE_URL=database_url(),
        DJANGO_SETTINGS_MODULE="tests.settings_served",
    )  # fmt: skip
    site = RunningSite(url, tmp_path, environment)
    process = subprocess.Popen(
        [sys.executable, SERVE, "--port", url.rpartition(":")[2], "--workers", "2"],
        cwd=ROOT, env=site.environment,
    )  # fmt: skip
    try:
        wait_until_up(url, seconds=120)
        wait_for(lambda: any("run_schedule" in command_of(pid) for pid in descendants(process.pid)))
        web = next(pid for pid in descendants(process.pid) if "granian" in command_of(pid))
        workers = wait_for(lambda: _workers_of(web, 2))

        # Kill only the web server: its workers end with it, and it is restarted.
        os.kill(web, signal.SIGKILL)
        wait_for(lambda: not any(map(is_alive, workers)))
        wait_until_up(url, seconds=120)
        everything = descendants(process.pid)
        assert len(everything) >= 5  # two workers, their server, the task worker, the scheduler

        process.kill()
        process.wait()

        wait_for(lambda: not any(map(is_alive, everything)))
    finally:
        process.kill()
        process.wait()


SERVER = r"""
import multiprocessing, os, signal, sys, time
from site_project.parent_death import end_with_server

def load():
    while sys.argv[1] == "late" and os.getppid() == server:
        time.sleep(0.01)
    end_with_server()
    os.write(1, b"loads\n")  # in one piece: two processes share the pipe
    time.sleep(600)

server = os.getpid()
signal.signal(signal.SIGTERM, lambda *_: None)
worker = multiprocessing.get_context("fork").Process(target=load)
worker.start()
os.write(1, b"%d\n" % worker.pid)
time.sleep(600)
"""


@LINUX
@pytest.mark.parametrize("when", ["early", "late"])
def test_worker_that_is_still_loading_ends_with_its_server(when):
    """It inherits the server's SIGTERM handler, which would swallow the signal."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, when], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    lines = [server.stdout.readline() for _line in range(2 if when == "early" else 1)]
    worker = int(next(line for line in lines if line != "loads\n"))

    server.kill()
    server.wait()

    wait_for(lambda: not is_alive(worker))


def _workers_of(web, count):
    found = [pid for pid in descendants(web) if "resource_tracker" not in command_of(pid)]
    return found if len(found) == count else []
