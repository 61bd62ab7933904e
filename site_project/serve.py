"""Runs the whole site with one command: web server, task worker and scheduler.

Does not import Django. Runs the start checks (``site_project.production``), starts the web server and,
once it responds, the other processes. Restarts a process that ends. Ctrl-C stops all of them; on Linux
they also stop when this script is killed.
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
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from site_project.parent_death import VARIABLE, end_with_parent  # noqa: E402

PYTHON = sys.executable
RESTART_PAUSE = 1.0
#: Seconds to wait for the port, which a site that has just stopped may still use.
PORT_PATIENCE = 5.0
#: Seconds after which to report that the web server starts slowly.
SLOW = 30
#: Number of the web server's last lines to print when it ends.
LAST_LINES = 15


def commands(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """The command line of each process, by its name."""
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
    """The site's processes. Restarts them until the site is stopped."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.commands = commands(arguments)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.last_lines: deque[bytes] = deque(maxlen=LAST_LINES)
        self.is_stopping = False

    def start(self, name: str) -> None:
        """Start a process. Call it from the main thread: the process ends when that thread ends."""
        parent = os.getpid()
        # In a new session Ctrl-C only reaches this script, which then ends the others.
        process = subprocess.Popen(
            self.commands[name],
            cwd=ROOT,
            env={**os.environ, VARIABLE: "on"},
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(parent),
            stderr=subprocess.PIPE if name == "web" else None,
        )
        self.running[name] = process
        if name == "web":
            self.last_lines.clear()
            threading.Thread(target=self.copy_lines, args=(process.stderr,), daemon=True).start()

    def copy_lines(self, lines: IO[bytes]) -> None:
        """Copy the web server's stderr to our own and store its last lines."""
        for line in lines:
            self.last_lines.append(line)
            with contextlib.suppress(OSError):
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()

    def wait_for_web(self) -> bool:
        """Wait until the web server responds (True), or ends or is stopped (False)."""
        url = f"http://{self.arguments.host}:{self.arguments.port}/health/live"
        slow = time.monotonic() + SLOW
        while not self.is_stopping:
            try:
                urllib.request.urlopen(url, timeout=2).close()
                return True
            except urllib.error.HTTPError:
                return True  # an error is a response, too
            except OSError:
                time.sleep(0.1)
            if self.running["web"].poll() is not None:
                self.report_end("web")
                return False
            if time.monotonic() > slow:
                slow = float("inf")
                tell(f"the web server has not responded after {SLOW} s; still waiting")
        return False

    def report_end(self, name: str) -> None:
        """Report that a process ended, with the web server's last lines."""
        tell(f"{name} ended with status {self.running[name].returncode}")
        if name == "web" and self.last_lines:
            time.sleep(0.2)  # Wait for the last lines.
            tell("its last lines were:")
            for line in list(self.last_lines):
                sys.stderr.write("    " + line.decode(errors="replace").rstrip() + "\n")

    def watch(self) -> None:
        """Restart processes that end, until the site is stopped."""
        while not self.is_stopping:
            for name, process in list(self.running.items()):
                if process.poll() is not None and not self.is_stopping:
                    self.report_end(name)
                    time.sleep(RESTART_PAUSE)
                    tell(f"restarting {name}")
                    self.start(name)
            time.sleep(0.5)

    def stop(self, *_signal: Any) -> None:
        """Handle a signal to stop the site."""
        self.is_stopping = True

    def end_all(self) -> None:
        """End all processes: SIGTERM, then SIGKILL after ten seconds."""
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + 10
        for process in self.running.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def tell(sentence: str) -> None:
    """Print a sentence to stderr."""
    print(f"serve: {sentence}", file=sys.stderr, flush=True)


def take_port(host: str, port: int) -> socket.socket | None:
    """Reserve a port for this process and its web server.

    Returns a socket to keep open, or None if the port is in use. Raises OSError if this process cannot
    listen there, such as for another machine's host or a port for root. granian listens with
    SO_REUSEPORT: a second server on the port would start, and the two would respond alternately.
    """
    mark = socket.socket(socket.AF_UNIX)
    if (
        sys.platform == "linux"
    ):  # An abstract socket name, which the kernel frees when the process ends.
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


def _is_free(host: str, port: int) -> bool:
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


def may_start() -> bool:
    """Whether the start checks pass. They print the problems."""
    return subprocess.run([PYTHON, "-m", "site_project.production"], cwd=ROOT).returncode == 0


def main() -> int:
    """Run the site until it is stopped. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument(
        "--web-only", action="store_true", help="do not start the task worker and the scheduler"
    )
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
            f"serve: the shop is at http://{arguments.host}:{arguments.port}, press Ctrl-C to stop",
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
