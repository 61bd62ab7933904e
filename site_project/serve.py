"""Run the whole site with one command: web server, task worker, and the clock.

Plain Python, no Django: it starts at once, starts the web server first and the others when it
answers, starts a dead one again, and leaves nothing behind on Ctrl-C.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

PYTHON = sys.executable
RESTART_PAUSE = 1.0
START_TIMEOUT = 60


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
    """The running processes and the wish to keep them running."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.lines = commands(arguments)
        self.running = {}
        self.is_stopping = False

    def start(self, name):
        # A session of its own: Ctrl-C reaches this script alone, which then ends the others.
        self.running[name] = subprocess.Popen(self.lines[name], start_new_session=True)

    def wait_for_web(self):
        url = f"http://{self.arguments.host}:{self.arguments.port}/health/live"
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end and not self.is_stopping:
            try:
                urllib.request.urlopen(url, timeout=2).close()
                return True
            except urllib.error.HTTPError:
                return True  # it answers, whatever it says of the Host header
            except OSError:
                time.sleep(0.1)
            if self.running["web"].poll() is not None:
                return False
        return False

    def watch(self):
        while not self.is_stopping:
            for name, process in list(self.running.items()):
                if process.poll() is not None and not self.is_stopping:
                    print(f"serve: {name} ended with {process.returncode}, started again")
                    time.sleep(RESTART_PAUSE)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--web-only", action="store_true", help="no worker, no clock")
    site = Site(parser.parse_args())
    signal.signal(signal.SIGINT, site.stop)
    signal.signal(signal.SIGTERM, site.stop)
    try:
        site.start("web")
        if not site.wait_for_web():
            print("serve: the web server did not start")
            return 1
        address = f"http://{site.arguments.host}:{site.arguments.port}"
        print(f"serve: the shop is at {address}, Ctrl-C ends it", flush=True)
        if not site.arguments.web_only:
            site.start("worker")
            site.start("clock")
        site.watch()
    finally:
        site.end_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
