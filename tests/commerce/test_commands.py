"""The scheduler, and the commands that run before a start."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.module_loading import import_string

from checkout_app.models import StripeEvent
from commerce.models import OutgoingMail

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)  # the scheduler closes old connections
def test_scheduler_runs_every_task_once_and_stops(site_root):
    OutgoingMail.objects.create(key="k1", to="a@example.com", subject="s", body_text="t")
    StripeEvent.objects.create(event_id="evt_1", type="payout.paid", object_id="po_1")

    call_command("run_schedule", once=True)

    assert OutgoingMail.objects.get().state == "sent"
    assert StripeEvent.objects.get().progress == "done"


@pytest.mark.django_db(transaction=True)  # the scheduler closes old connections
def test_scheduler_continues_after_a_task_that_cannot_be_queued(site_root, settings):
    settings.SCHEDULE = [
        (1, "commerce.nowhere.task"),
        (1, "commerce.mail.outbox.send_waiting_mail_task"),
    ]
    OutgoingMail.objects.create(key="k1", to="a@example.com", subject="s", body_text="t")
    errors = StringIO()

    call_command("run_schedule", once=True, stderr=errors)

    assert "commerce.nowhere.task" in errors.getvalue()
    assert OutgoingMail.objects.get().state == "sent"


def test_every_scheduled_task_exists(settings):
    for seconds, path in settings.SCHEDULE:
        assert seconds >= 60
        assert callable(import_string(path).enqueue)


def test_migrate_if_needed_is_quick_if_nothing_is_missing(db):
    output = StringIO()

    call_command("migrate_if_needed", stdout=output)

    assert "nothing to migrate" in output.getvalue()


def test_missing_migration_is_applied(db, monkeypatch):
    ran = []
    monkeypatch.setattr(
        "site_project.management.commands.migrate_if_needed.call_command",
        lambda *args, **kwargs: ran.append(args),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app='demo_gateway' AND name LIKE '0002%'"
        )
    output = StringIO()

    call_command("migrate_if_needed", stdout=output)

    assert ran == [("migrate",), ("rebuild_listings",)]
    assert "applying 1 migration\n" in output.getvalue()


def test_immediate_queue_needs_no_worker(settings):
    with pytest.raises(CommandError, match="needs no worker"):
        call_command("run_worker")


def test_reconcile_command_can_be_repeated(site_root):
    for _run in range(2):
        call_command("reconcile_payments", stdout=StringIO())

    assert StripeEvent.objects.count() == 0
