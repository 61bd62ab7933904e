"""The demo shop: loaded once it is complete, loaded again it stays as it is."""

import hashlib
import stat
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from oscar.core.loading import get_model

from commerce.models import ReturnRequest, Shipment, Withdrawal
from commerce.orders.invariants import broken_invariants
from demo.accounts import NewAccount
from demo.management.commands import load_demo

pytestmark = pytest.mark.django_db
#: Wagtail's index of references is rebuilt, with new keys; tasks are a queue's memory.
REBUILT = {"ReferenceIndex", "DBTaskResult", "Session"}


def stored(row):
    """A row as the database keeps it."""
    fields = row._meta.concrete_fields
    return str([field.get_prep_value(getattr(row, field.attname)) for field in fields])


def checksums():
    """Count and checksum of every table."""
    sums = {}
    for model in apps.get_models(include_auto_created=True):
        if model.__name__ in REBUILT or not model._meta.managed:
            continue
        rows = sorted(stored(row) for row in model._base_manager.all())
        digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        sums[model._meta.label] = (len(rows), digest)
    return sums


class Terminal(StringIO):
    """A place that a person looks at."""

    def isatty(self):
        return True


def test_demo_loads_twice_and_the_second_time_changes_nothing(
    site_root, client, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    output = Terminal()
    call_command("load_demo", "--no-renditions", stdout=output)
    assert "These passwords are shown once" in output.getvalue()
    assert not (tmp_path / "accounts.txt").exists()
    first = checksums()

    again = StringIO()
    call_command("load_demo", "--no-renditions", stdout=again)

    second = checksums()
    assert {label for label in first if first[label] != second[label]} == set()
    assert "already exist" in again.getvalue()
    assert broken_invariants() == []
    assert get_model("catalogue", "Product").objects.browsable().count() >= 12
    Order = get_model("order", "Order")
    assert not Order.objects.filter(attempts=None).exists()
    parcels = Shipment.objects.exclude(tracking_number="")
    assert parcels.filter(event__order__status="Shipped", delivered_at=None).exists()
    assert parcels.filter(event__order__status="Delivered").exclude(delivered_at=None).exists()
    assert {row.state for row in ReturnRequest.objects.all()} == {"requested", "approved"}
    assert Withdrawal.objects.get().state == "new"
    for url in ("/", "/catalogue/", "/journal/"):
        assert client.get(url).status_code == 200, url


def test_demo_leaves_alone_what_a_person_changed(site_root):
    call_command("load_demo", "--no-renditions", verbosity=0)
    record = get_model("partner", "StockRecord").objects.order_by("pk").first()
    record.price, record.num_in_stock = "999.00", 77
    record.save()

    call_command("load_demo", "--no-renditions", verbosity=0)

    record.refresh_from_db()
    assert (str(record.price), record.num_in_stock) == ("999.00", 77)


def test_passwords_go_to_a_file_of_their_owner_where_nobody_looks(settings, tmp_path):
    """A container's log is kept and read by many."""
    settings.VAR_DIR = tmp_path / "var"
    output = StringIO()
    command = load_demo.Command(stdout=output)

    command._report([NewAccount("Admin", "admin@shop.example", "s3cret-of-admin")])
    command._report([NewAccount("Editor", "editor@shop.example", "s3cret-of-editor")])

    path = tmp_path / "var" / "accounts.txt"
    assert "s3cret" not in output.getvalue()
    assert str(path) in output.getvalue()
    assert [line.split()[-1] for line in path.read_text().splitlines()] == [
        "s3cret-of-admin", "s3cret-of-editor",
    ]  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
