"""Run the whole site with one command: web server, task worker and clock.

Plain Python, no Django. Runs the start checks (``site_project.production``), starts the web server,
then the others once it answers. Restarts a process that dies. Ctrl-C stops all of them; on Linux they
also stop when this script is killed.
"""

import argparse
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from site_project.parent_death import VARIABLE, end_with_parent  # noqa: E402

PYTHON = sys.executable
RESTART_PAUSE = 1.0
#: Seconds for which processes of a site that just ended may still hold the port.
PORT_PATIENCE = 5.0
#: Seconds after which a web server that does not answer yet is mentioned.
SLOW = 30
#: Lines of the web server that are repeated when it ends.
LAST_LINES = 15


def commands(arguments):
    """The processes: a name, and the command line."""
    web = [
        PYTHON, "-m", "granian", "--interface", "wsgi",
        "--host", arguments.host, "--port", str(arguments.port),
        "--workers", str(arguments.workers), "--blocking-threads", str(arguments.threads),
        "--respawn-failed-workers", "--no-ws", "--log-level", "warning",
        "site_project.wsgi:application",
    ]  # fmt: skip
    return {
        "web": web,
        "worker": [PYTHON, "manage.py", "run_worker"],
        "clock": [PYTHON, "manage.py", "run_schedule"],
    }


class Site:
    """The running processes, kept running until the site is stopped."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.lines = commands(arguments)
        self.running = {}
        self.said = deque(maxlen=LAST_LINES)
        self.is_stopping = False

    def start(self, name):
        """Start one of the processes. Call it from the main thread: they end when that thread does."""
        parent = os.getpid()
        # A session of its own: Ctrl-C reaches this script alone, which then ends the others.
        process = subprocess.Popen(
            self.lines[name],
            cwd=ROOT,
            env={**os.environ, VARIABLE: "on"},
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(parent),
            stderr=subprocess.PIPE if name == "web" else None,
        )
        self.running[name] = process
        if name == "web":
            self.said.clear()
            threading.Thread(target=self.pass_on, args=(process.stderr,), daemon=True).start()

    def pass_on(self, lines):
        """Copy the web server's stderr to our own, and remember its last lines."""
        for line in lines:
            self.said.append(line)
            with contextlib.suppress(OSError):
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()

    def wait_for_web(self):
        """Wait for as long as the web server lives. Returns whether it answers."""
        url = f"http://{self.arguments.host}:{self.arguments.port}/health/live"
        slow = time.monotonic() + SLOW
        while not self.is_stopping:
            try:
                urllib.request.urlopen(url, timeout=2).close()
                return True
            except urllib.error.HTTPError:
                return True  # it answers, whatever it says
            except OSError:
                time.sleep(0.1)
            if self.running["web"].poll() is not None:
                self.tell_end("web")
                return False
            if time.monotonic() > slow:
                slow = float("inf")
                tell(f"the web server has not answered after {SLOW} s; still waiting")
        return False

    def tell_end(self, name):
        """Report that a process ended, with the web server's last lines."""
        tell(f"{name} ended with status {self.running[name].returncode}")
        if name == "web" and self.said:
            time.sleep(0.2)  # until the last lines are read
            tell("its last lines were:")
            for line in list(self.said):
                sys.stderr.write("    " + line.decode(errors="replace").rstrip() + "\n")

    def watch(self):
        """Restart every process that ends, until the site is stopped."""
        while not self.is_stopping:
            for name, process in list(self.running.items()):
                if process.poll() is not None and not self.is_stopping:
                    self.tell_end(name)
                    time.sleep(RESTART_PAUSE)
                    tell(f"{name} is started again")
                    self.start(name)
            time.sleep(0.5)

    def stop(self, *_signal):
        self.is_stopping = True

    def end_all(self):
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + 10
        for process in self.running.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def tell(sentence):
    print(f"serve: {sentence}", file=sys.stderr, flush=True)


def take_port(host, port):
    """Reserve a port for this process and its web server.

    Returns a socket to keep open, or None where the port is in use. Raises OSError where nobody could
    listen there: a host that is not ours, a port for root alone. granian itself listens with
    SO_REUSEPORT: a second server on the port would start, and the two would answer alternately.
    """
    mark = socket.socket(socket.AF_UNIX)
    if sys.platform == "linux":  # a name without a file, which the kernel gives up with the process
        try:
            mark.bind(f"\0vitrine-serve:{port}")
        except OSError:
            return None
    end = time.monotonic() + PORT_PATIENCE
    while not _is_free(host, port):
        if time.monotonic() > end:
            mark.close()
            return None
        time.sleep(0.2)
    return mark


def _is_free(host, port):
    for family, kind, protocol, _name, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return False
    return True


def may_start():
    """Whether the start checks pass. They print their reasons themselves."""
    return subprocess.run([PYTHON, "-m", "site_project.production"], cwd=ROOT).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--web-only", action="store_true", help="no worker, no clock")
    arguments = parser.parse_args()
    try:
        mark = take_port(arguments.host, arguments.port)
    except OSError as error:
        tell(
            f"cannot listen on {arguments.host}, port {arguments.port}: {error.strerror or error}."
        )
        return 1
    if mark is None:
        tell(f"port {arguments.port} is in use: stop the other server, or choose another port.")
        return 1
    if not may_start():
        return 1
    site = Site(arguments)
    signal.signal(signal.SIGINT, site.stop)
    signal.signal(signal.SIGTERM, site.stop)
    try:
        site.start("web")
        if not site.wait_for_web():
            tell("the web server did not start")
            return 1
        print(
            f"serve: the shop is at http://{arguments.host}:{arguments.port}, Ctrl-C ends it",
            flush=True,
        )
        if not arguments.web_only:
            site.start("worker")
            site.start("clock")
        site.watch()
    finally:
        site.end_all()
        mark.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
