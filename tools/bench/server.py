"""Serve an application with one synchronous gunicorn worker on loopback, and time its requests."""

import gzip
import http.client
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tools.bench.figures import Cost, percentile

HOST = "127.0.0.1"
#: Response header with the number of queries (tools.bench.wsgi).
QUERIES_HEADER = "X-Bench-Queries"
#: Environment variable: "off" disables the pages in the worker's memory.
MEMORY_SWITCH = "BENCH_MEMORY"
#: What browsers send. Cached pages are stored compressed.
ENCODINGS = ("Accept-Encoding", "gzip, deflate, br, zstd")
#: Finds the product key in the markup of a card.
CARD = re.compile(r'class="(?:card__link|suggestion suggestion--product)"[^>]*\shref="[^"]*_(\d+)/')
#: Seconds to wait for a server's first response.
PATIENCE = 60
#: Warm-up requests, then the least and the most requests to measure, and the seconds to spend.
WARM_UP, MIN_ROUNDS, MAX_ROUNDS, SECONDS = 30, 30, 1500, 2.0


@dataclass(frozen=True)
class Request:
    """A request as a shopper's browser sends it. ``expects`` is the status of a correct response."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: tuple = ()
    expects: int = 200


#: The empty view, which has the same URL in the empty project and on the site (site_project.urls).
EMPTY_VIEW = Request("/health/live")


class PrerequisiteMissing(Exception):
    """Something that the measurement needs is missing. The message says what, in one sentence."""


class WrongAnswer(Exception):
    """The response has an unexpected status, so its figures would be meaningless."""


@dataclass(frozen=True)
class Server:
    """A running server: its port, its worker process, and its start-up time."""

    port: int
    worker: int
    started_in: float

    def send(self, request):
        """Send one request over a new connection and return ``(status, headers, body)``."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            headers = dict([ENCODINGS, *request.headers])
            connection.request(request.method, request.path, request.body or None, headers)
            response = connection.getresponse()
            body = response.read()
            return response.status, response.headers, body
        finally:
            connection.close()

    def ask(self, request):
        """Send a request and return the response headers. Raises WrongAnswer on an unexpected status."""
        status, headers, _body = self.send(request)
        if status != request.expects:
            raise WrongAnswer(f"{request.method} {request.path} returned {status}")
        return headers

    def queries(self, request):
        """Return the number of queries of a warm request."""
        for _round in range(2):
            headers = self.ask(request)
        return int(headers[QUERIES_HEADER])

    def products_on(self, request):
        """Return the keys of the products whose cards are on a page."""
        _status, headers, body = self.send(request)
        if headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        return products_in(body.decode())

    def cost(self, request, *, seconds=SECONDS, queries=None, before=None, beside=None):
        """Return the cost of a warm request, from as many runs as fit into ``seconds``.

        ``before`` is called before each run and is not measured. ``beside`` is a server whose empty
        view is requested alternately, so that other load on the machine affects both equally.
        """
        asked = [(self, request), *([(beside, EMPTY_VIEW)] if beside else [])]
        costs = costs_in_turn(asked, seconds=seconds, before=before)
        empty = costs[1].cpu if beside else None
        return replace(costs[0], queries=queries, empty=empty)

    def timed(self, request):
        """Return ``(CPU, time)`` of one request in seconds."""
        cpu, start = cpu_of(self.worker), time.perf_counter()
        self.ask(request)
        took = time.perf_counter() - start
        return cpu_of(self.worker) - cpu, took


def products_in(html):
    """Return the keys of the products whose cards are in ``html``. Raises ValueError without any."""
    keys = [int(key) for key in CARD.findall(html)]
    if not keys:
        raise ValueError("The page shows no product cards, or their markup has changed.")
    return keys


def costs_in_turn(asked, *, seconds=SECONDS, before=None):
    """Return the ``Cost`` of each ``(server, request)``, requested alternately over and over.

    Each request starts with the CPU caches of the previous one.
    """
    before = before or (lambda: None)
    for _round in range(WARM_UP):
        before()
        for server, request in asked:
            server.ask(request)
    rounds, end = [], time.perf_counter() + seconds
    while len(rounds) < MIN_ROUNDS or (time.perf_counter() < end and len(rounds) < MAX_ROUNDS):
        before()
        rounds.append([server.timed(request) for server, request in asked])
    return [_cost_of(of_one) for of_one in zip(*rounds, strict=True)]


def _cost_of(requests):
    """Return the ``Cost`` of requests, given a ``(CPU, time)`` pair for each."""
    times = [took for _cpu, took in requests]
    cpu = percentile([cpu for cpu, _took in requests], 0.5)
    return Cost(cpu, percentile(times, 0.5), percentile(times, 0.95))


def cpu_of(pid):
    """Return the CPU seconds of all threads of a process, with nanosecond precision on Linux."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


@contextmanager
def serving(application, *, port, environment):
    """Start a WSGI application (``module:name``), wait for its first response, and stop it at the end.

    Raises PrerequisiteMissing if the port is taken.
    """
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"{HOST}:{port}",
        "--workers", "1", "--worker-class", "sync", "--timeout", "300", "--log-level", "error",
    ]  # fmt: skip
    _refuse_taken_port(port)
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment)  # noqa: S603  our own command
    try:
        _wait_until_up(port, process)
        yield Server(port, _worker_of(process.pid), time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _refuse_taken_port(port):
    """Raise PrerequisiteMissing if another process listens on the port; it would be measured instead."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        raise PrerequisiteMissing(
            f"Port {port} is taken. Stop the process that listens there, or choose another with --port."
        )


def _wait_until_up(port, process):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        try:
            connection.request("GET", EMPTY_VIEW.path)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise RuntimeError(f"the server did not answer within {PATIENCE} s")


def _worker_of(pid):
    """Return the single worker of the gunicorn master process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])
