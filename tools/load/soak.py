"""Break everything for twenty minutes: ``make soak`` or ``python -m tools.load.soak --minutes 2``.

The shop runs with two web workers, a task worker and the scheduler, over its own MariaDB and Redis.
Buyers buy, and staff dispatch and refund. Every five seconds one thing is killed, restarted, cut
off, slowed down or made to fail: a web worker, the task worker, the scheduler, the database, Redis,
the mail server, the gateway or its webhooks. Then the faults end and the scheduler catches up. The
check that follows expects that every order shown to a client exists, every successful payment has a
paid or refunded order, each paid order was confirmed once, and no invariant is broken. Exits with 1
otherwise.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.races.buyer import Buyer
from tests.site import RunningSite, free_port, serving, site_environment
from tests.tcp_proxy import Proxy
from tools.load.buyers import PREPARE, Piece, value_after

PAYS, DECLINES, ASKS = "4242424242424242", "4000000000000002", "4000002500003155"
FAULT_EVERY = 5.0


class Service:
    """A server process of this soak test, which can be killed and restarted."""

    def __init__(self, command, port, log):
        self.command, self.port, self.log = command, port, log
        self.process = None
        self.start()

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.command[0]} did not start; see {self.log}")

    def restart(self, pause):
        """Kill the process with SIGKILL and start it again after ``pause`` seconds."""
        self.process.kill()
        self.process.wait()
        time.sleep(pause)
        self.start()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def mariadb(folder):
    """Start a database server in a folder, with an empty database ``vitrine``."""
    port, data = free_port(), folder / "mariadb"
    install = [
        "mariadb-install-db",
        "--no-defaults",
        f"--datadir={data}",
        "--user=root",
        "--auth-root-authentication-method=normal",
    ]
    subprocess.run(install, check=True, capture_output=True)
    server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
    command = [
        server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--user=root",
        "--bind-address=127.0.0.1", f"--socket={folder}/mariadb.sock", "--innodb-buffer-pool-size=256M",
    ]  # fmt: skip
    service = Service(command, port, folder / "mariadb.log")
    sql = (
        "CREATE DATABASE vitrine CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_as_ci;"
        "CREATE USER vitrine@'127.0.0.1' IDENTIFIED BY 'vitrine';"
        "CREATE USER vitrine@localhost IDENTIFIED BY 'vitrine';"
        "GRANT ALL ON vitrine.* TO vitrine@'127.0.0.1'; GRANT ALL ON vitrine.* TO vitrine@localhost;"
    )
    client = ["mariadb", "-uroot", f"--socket={folder}/mariadb.sock", "-e", sql]
    subprocess.run(client, check=True)
    return service


def database_url(port):
    """The address of the database that ``mariadb`` has made."""
    return f"mysql://vitrine:vitrine@127.0.0.1:{port}/vitrine"


def redis_server(folder):
    """Start a Redis server without persistence."""
    port = free_port()
    command = [
        "redis-server",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    return Service(command, port, folder / "redis.log")


class MailServer:
    """An SMTP server that accepts mails or hangs."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.is_hanging = False
        self.taken = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _address = self.server.accept()
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rwb") as talk:

            def say(line):
                while self.is_hanging:
                    time.sleep(0.2)
                talk.write(line + b"\r\n")
                talk.flush()

            say(b"220 soak")
            is_data = False
            for line in talk:
                if is_data:
                    if line.strip() == b".":
                        is_data = False
                        self.taken += 1
                        say(b"250 taken")
                    continue
                word = line.strip().upper()[:4]
                is_data = word == b"DATA"
                say(b"354 go on" if is_data else b"221 bye" if word == b"QUIT" else b"250 ok")


class Soak:
    """The shop, its faults, its buyers, and the responses that they received."""

    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.random = random.Random(options.seed)
        self.database, self.redis = mariadb(folder), redis_server(folder)
        self.to_database, self.to_redis = Proxy(self.database.port), Proxy(self.redis.port)
        self.mail = MailServer()
        self.is_over = threading.Event()
        self.counts, self.lock = Counter(), threading.Lock()
        #: Intents whose client secret a browser received, and intents that it saw succeed.
        self.shown, self.succeeded = set(), set()

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    # --- Buyers and staff -------------------------------------------------------------------------

    def shop(self, url, products, number):
        """Act as one visitor after another until the end. Failures are counted and ignored."""
        chance = random.Random(f"{self.options.seed}-{number}")
        visitors = 0
        while not self.is_over.is_set():
            visitors += 1
            buyer = Buyer(url, f"{number}x{visitors}")
            try:
                self.visit(buyer, chance.choice(products), chance)
            except Exception as error:  # noqa: BLE001  that is what a soak is for
                self.count(f"buyer: {type(error).__name__}")
                time.sleep(0.3)

    def visit(self, buyer, piece, chance):
        buyer.reach_payment(piece)
        answer = buyer.pay()
        for _again in range(3):
            if answer.status_code < 500:
                break
            self.count(f"pay: {answer.status_code}")
            time.sleep(1)
            answer = buyer.pay()
        if answer.status_code != 200:
            self.count(f"pay: {answer.status_code}")
            return
        intent_id = answer.json()["client_secret"].split("_secret_")[0]
        with self.lock:
            self.shown.add(intent_id)
        card = chance.choices([PAYS, DECLINES, ASKS, None], [70, 10, 10, 10])[0]
        if card is None:
            self.count("left before paying")
            return
        body = buyer.confirm(card).json()
        self.count(body.get("status") or "declined")
        if body.get("status") == "succeeded":
            with self.lock:
                self.succeeded.add(intent_id)
        if chance.random() < 0.5:  # The others close the tab.
            buyer.get("/checkout/return/")

    def run_staff(self):
        """Dispatch, refund and cancel in this process, directly in the database."""
        from django.db import connection
        from oscar.core.loading import get_model

        while not self.is_over.wait(2):
            try:
                paid = (
                    get_model("order", "Order").objects.filter(status="Paid").order_by("?").first()
                )
                if paid:
                    self.do_something_to(paid)
            except Exception as error:  # noqa: BLE001
                self.count(f"staff: {type(error).__name__}")
                connection.close()

    def do_something_to(self, order):
        from checkout_app.payments import refunds
        from commerce.order_statuses import CANCELLED
        from commerce.orders.pipeline import move_order
        from commerce.orders.shipments import ship

        act = self.random.choice(["ship", "refund", "cancel"])
        if act == "ship":
            ship(order.pk, key=f"soak-{order.pk}")
        elif act == "cancel":
            move_order(order.pk, CANCELLED)
        else:
            line = order.lines.first()
            wanted = refunds.RefundTerms(
                key=f"soak-{order.pk}", reason="soak", units={line.pk: 1}, is_restocked=True
            )
            refunds.request_refund(order.attempts.get().pk, wanted)
        self.count(f"staff: {act}")

    # --- Faults -----------------------------------------------------------------------------------

    def break_things(self, serve_pid):
        """Cause one fault every five seconds."""
        acts = {
            "kill a process": lambda: self.kill_one(serve_pid),
            "restart the database": lambda: self.database.restart(self.random.uniform(0, 3)),
            "cut the database off": lambda: self.for_a_while(self.to_database),
            "slow the database": lambda: self.slowly(self.to_database),
            "restart Redis": lambda: self.redis.restart(self.random.uniform(0, 3)),
            "cut Redis off": lambda: self.for_a_while(self.to_redis),
            "hang the mail": self.hang_mail,
            "fault of the gateway": self.fault_of_gateway,
            "fault of webhooks": self.fault_of_webhooks,
        }
        weights = [6, 1, 2, 1, 1, 1, 1, 3, 2]
        while not self.is_over.wait(FAULT_EVERY):
            name = self.random.choices(list(acts), weights)[0]
            self.count(f"fault: {name}")
            try:
                acts[name]()
            except Exception as error:  # noqa: BLE001
                self.count(f"fault failed: {type(error).__name__}")

    def kill_one(self, serve_pid):
        """Kill a web worker, the task worker, the scheduler or the web server itself with SIGKILL."""
        found = descendants(serve_pid)
        if found:
            os.kill(self.random.choice(found), signal.SIGKILL)

    def for_a_while(self, proxy):
        proxy.cut()
        time.sleep(self.random.uniform(0.5, 4))
        proxy.restore()

    def slowly(self, proxy):
        proxy.delay = 0.05
        time.sleep(self.random.uniform(1, 4))
        proxy.delay = 0.0

    def hang_mail(self):
        self.mail.is_hanging = True
        time.sleep(self.random.uniform(1, 8))
        self.mail.is_hanging = False

    def fault_of_gateway(self):
        from demo_gateway import faults

        for _time in range(self.random.randint(1, 4)):
            faults.set_fault(self.random.choice(faults.REQUEST_FAULTS), seconds=2)

    def fault_of_webhooks(self):
        from demo_gateway import faults
        from demo_gateway.models import DemoFault

        DemoFault.objects.filter(name__in=faults.WEBHOOK_FAULTS).delete()
        if self.random.random() < 0.7:
            faults.set_fault(self.random.choice(faults.WEBHOOK_FAULTS), is_lasting=True)


def descendants(pid):
    """Return the descendants of a process, read from /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = stat.read_text("utf-8").rsplit(")", 1)[1].split()
            parents[int(stat.parent.name)] = int(fields[1])
    found, new = set(), {pid}
    while new := {child for child, parent in parents.items() if parent in new} - found:
        found |= new
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--buyers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", help="folder for the logs")
    options = parser.parse_args()
    folder = Path(options.keep or tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, logs in {folder}", flush=True)
    problems = run(folder, options)
    print("\n".join(problems) if problems else "Nothing was lost and all checks passed.")
    sys.exit(bool(problems))


def run(folder, options):
    """Set up the shop, break things, let it recover, and check it. Return the problems as sentences."""
    soak = Soak(folder, options)
    url = f"http://127.0.0.1:{free_port()}"
    (folder / "var").mkdir(exist_ok=True)
    straight = site_environment(folder, url, DATABASE_URL=database_url(soak.database.port))
    faulty = {
        **straight,
        "DATABASE_URL": database_url(soak.to_database.port),
        "REDIS_URL": f"redis://127.0.0.1:{soak.to_redis.port}/0",
        "EMAIL_URL": f"smtp://127.0.0.1:{soak.mail.port}",
    }
    os.environ.update(straight, DJANGO_SETTINGS_MODULE="site_project.settings")
    prepared = RunningSite(url, folder, straight)
    prepared.manage("migrate", "-v0")
    prepared.manage("load_demo", "--no-renditions")
    prepared.manage("collectstatic", "--noinput", "-v0")
    products = [
        Piece(
            *value_after("PIECE", prepared.manage("shell", "-c", PREPARE.format(units=n))).split()
        )
        for n in (5_000, 5_000, 40)
    ]
    import django

    django.setup()
    with serving(RunningSite(url, folder, faulty), "--workers", "2", "--threads", "2") as served:
        threads = [
            threading.Thread(target=soak.shop, args=(url, products, number), daemon=True)
            for number in range(options.buyers)
        ]
        threads.append(threading.Thread(target=soak.run_staff, daemon=True))
        threads.append(threading.Thread(target=soak.break_things, args=(served.pid,), daemon=True))
        for thread in threads:
            thread.start()
        time.sleep(options.minutes * 60)
        soak.is_over.set()
        for thread in threads:
            thread.join(timeout=180)
        soak.to_database.restore()
        soak.to_redis.restore()
        recover()
        time.sleep(20)  # Give the worker time to send waiting mail.
    try:
        return look(soak)
    finally:
        soak.database.stop()
        soak.redis.stop()


def recover():
    """Clear all faults and run the scheduled tasks as if the time limit for payments had passed."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from checkout_app.payments import reconcile, webhooks
    from commerce.mail.outbox import send_waiting_mail_task
    from commerce.models import OutgoingMail
    from demo_gateway import events, faults
    from demo_gateway.models import DemoEvent

    connection.close()
    faults.clear_faults()
    DemoEvent.objects.filter(delivered_at=None).update(attempts=0)
    later = timezone.now() + timedelta(minutes=40)
    for _round in range(3):
        while DemoEvent.objects.filter(delivered_at=None, attempts=0).exists():
            events.deliver_waiting()
        webhooks.process_waiting_events()
        reconcile.reconcile_open(at=later)
        reconcile.reconcile_recent(at=later)
        reconcile.mirror_refunds_and_disputes(at=later)
        OutgoingMail.objects.filter(state=OutgoingMail.State.WAITING).update(
            next_attempt_at=timezone.now()
        )
        send_waiting_mail_task.enqueue()


def look(soak):
    """Print the figures and return what was lost or is wrong, as sentences."""
    from django.db.models import Count

    from checkout_app.dashboard.work_queue import KINDS
    from checkout_app.models import OPEN_STATES, GatewayTransaction, PaymentAttempt
    from commerce.models import OutgoingMail
    from commerce.orders.invariants import broken_invariants

    for name, count in sorted(soak.counts.items()):
        print(f"  {count:6} {name}")
    states = dict(PaymentAttempt.objects.values_list("state").annotate(Count("pk")).order_by())
    print(f"attempts: {states}")
    print(f"shown {len(soak.shown)}, succeeded {len(soak.succeeded)}, mails {soak.mail.taken}")
    waiting = {str(kind.label): kind.rows().count() for kind in KINDS if kind.rows().count()}
    print(f"needs attention: {waiting or 'nothing'}")
    known = set(PaymentAttempt.objects.values_list("intent_id", flat=True))
    charged = set(
        GatewayTransaction.objects.filter(kind="charge").values_list(
            "attempt__intent_id", flat=True
        )
    )
    still_open = PaymentAttempt.objects.filter(state__in=OPEN_STATES).count()
    unsent = OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT).count()
    return [
        *(
            f"the order of {intent} was shown to a client and is gone"
            for intent in soak.shown - known
        ),
        *(f"{intent} was paid, but no charge is recorded" for intent in soak.succeeded - charged),
        *([f"{still_open} attempts are still open"] if still_open else []),
        *([f"{unsent} mails were not sent"] if unsent else []),
        *broken_invariants(),
    ]


if __name__ == "__main__":
    main()
