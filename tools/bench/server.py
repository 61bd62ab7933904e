"""One gunicorn worker of the kind "sync" on loopback, and what its requests cost."""

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
#: Where an answer says how many queries it took (tools.bench.wsgi).
QUERIES_HEADER = "X-Bench-Queries"
#: What browsers say that they take: a kept page is stored compressed.
ENCODINGS = ("Accept-Encoding", "gzip, deflate, br, zstd")
#: Where the markup of a card says which product it shows.
CARD = re.compile(r'class="(?:card__link|suggestion suggestion--piece)"[^>]* href="[^"]*_(\d+)/')
#: Seconds until a server must answer.
PATIENCE = 60
#: Requests before the first that counts; then so many at least and at most, or so many seconds.
WARM_UP, LEAST, MOST, SECONDS = 30, 30, 1500, 2.0


@dataclass(frozen=True)
class Request:
    """One request as a shopper's browser sends it; ``expects`` is the status that makes it right."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: tuple = ()
    expects: int = 200


#: The view that does nothing, of an empty project and of the site (site_project.urls).
EMPTY_VIEW = Request("/health/live")


class Missing(Exception):
    """Something that the measurement needs is not there; the text says what, in one sentence."""


class WrongAnswer(Exception):
    """An answer that was not the one expected: its figures would be a lie."""


@dataclass(frozen=True)
class Server:
    """A running server: its port, the process of its worker, and how long it took to start."""

    port: int
    worker: int
    started_in: float

    def send(self, request):
        """``(status, headers, body)`` of one request over a connection of its own."""
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
        """The headers of an answer. Raises WrongAnswer for another status than the expected one."""
        status, headers, _body = self.send(request)
        if status != request.expects:
            raise WrongAnswer(f"{request.method} {request.path} answers {status}")
        return headers

    def queries(self, request):
        """How many queries a warm request takes."""
        for _round in range(2):
            headers = self.ask(request)
        return int(headers[QUERIES_HEADER])

    def pieces_on(self, request):
        """The keys of the products whose cards a page shows."""
        _status, headers, body = self.send(request)
        if headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        return [int(key) for key in CARD.findall(body.decode())]

    def cost(self, request, *, seconds=SECONDS, queries=None, before=None, beside=None):
        """What a warm request costs, over as many as fit into ``seconds``.

        ``before`` is called before each one; what it costs does not count. ``beside`` is a server whose
        empty view is asked in turn, so that whatever else the machine does is the same for both.
        """
        asked = [(self, request), *([(beside, EMPTY_VIEW)] if beside else [])]
        costs = costs_in_turn(asked, seconds=seconds, before=before)
        empty = costs[1].cpu if beside else None
        return replace(costs[0], queries=queries, empty=empty)

    def timed(self, request):
        """(CPU, time) of one request, in seconds."""
        cpu, start = cpu_of(self.worker), time.perf_counter()
        self.ask(request)
        took = time.perf_counter() - start
        return cpu_of(self.worker) - cpu, took


def costs_in_turn(asked, *, seconds=SECONDS, before=None):
    """The ``Cost`` of each ``(server, request)``, asked in turn, again and again.

    Each of them finds the processor's caches as another one left them.

    ``before`` is called before each round.
    """
    before = before or (lambda: None)
    for _round in range(WARM_UP):
        before()
        for server, request in asked:
            server.ask(request)
    rounds, end = [], time.perf_counter() + seconds
    while len(rounds) < LEAST or (time.perf_counter() < end and len(rounds) < MOST):
        before()
        rounds.append([server.timed(request) for server, request in asked])
    return [_cost_of(of_one) for of_one in zip(*rounds, strict=True)]


def _cost_of(requests):
    """The ``Cost`` of requests of which each took (CPU, time)."""
    times = [took for _cpu, took in requests]
    cpu = sum(cpu for cpu, _took in requests) / len(requests)
    return Cost(cpu, percentile(times, 0.5), percentile(times, 0.95))


def cpu_of(pid):
    """CPU seconds that all threads of a process have used, to the nanosecond where Linux tells."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


@contextmanager
def serving(application, *, port, environment):
    """Start a WSGI application (``module:name``), wait for its first answer, end it afterwards.

    Raises Missing where somebody listens at the port already.
    """
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"{HOST}:{port}",
        "--workers", "1", "--worker-class", "sync", "--timeout", "300", "--log-level", "error",
    ]  # fmt: skip
    _refuse_a_taken(port)
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment)  # noqa: S603  our own command
    try:
        _wait_until_up(port, process)
        yield Server(port, _worker_of(process.pid), time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _refuse_a_taken(port):
    """Whoever listens there would be measured in the place of the server."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        raise Missing(f"Port {port} is taken: end what listens there, or name another by --port.")


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
    """The one worker of gunicorn's first process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])
