"""Loading the demo shop: the first load is complete, the second changes nothing."""

import hashlib
import stat
from datetime import datetime
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone
from oscar.core.loading import get_model

from commerce.models import ReturnRequest, Shipment, Withdrawal
from commerce.orders.invariants import broken_invariants
from demo.accounts import NewAccount
from demo.management.commands import load_demo
from demo.pricing import coming_sunday

pytestmark = pytest.mark.django_db
#: Excluded: Wagtail's reference index gets new keys when rebuilt, and task rows are transient.
REBUILT = {"ReferenceIndex", "DBTaskResult", "Session"}


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ((2026, 11, 25, 12, 0), (2026, 11, 29, 23, 59)),
        ((2026, 11, 29, 23, 58), (2026, 11, 29, 23, 59)),
        ((2026, 11, 29, 23, 59), (2026, 12, 6, 23, 59)),
    ],
)
def test_sale_ends_on_a_sunday_after_it_is_loaded(now, end):
    moment = timezone.make_aware(datetime(*now))

    assert coming_sunday(moment) == timezone.make_aware(datetime(*end))


def stored(row):
    """A row as stored in the database."""
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
    """Output that claims to be a terminal."""

    def isatty(self):
        return True


@pytest.mark.slow
def test_second_load_changes_nothing_and_keeps_changes_by_staff(
    site_root, client, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    output = Terminal()
    call_command("load_demo", "--no-renditions", stdout=output)
    assert "These passwords are shown once" in output.getvalue()
    assert not (tmp_path / "accounts.txt").exists()
    record = get_model("partner", "StockRecord").objects.order_by("pk").first()
    record.price, record.num_in_stock = "999.00", 77
    record.save()
    first = checksums()

    again = StringIO()
    call_command("load_demo", "--no-renditions", stdout=again)

    second = checksums()
    assert {label for label in first if first[label] != second[label]} == set()
    assert "already exist" in again.getvalue()
    record.refresh_from_db()
    assert (str(record.price), record.num_in_stock) == ("999.00", 77)
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


def test_passwords_go_to_a_private_file_without_a_terminal(settings, tmp_path):
    """A container's log is stored and read by many."""
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
