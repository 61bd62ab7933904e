"""The page "Needs attention": permissions, and what its buttons do."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import mail as outbox
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from checkout_app.models import PaymentAttempt, RefundRequest, State, StripeEvent
from checkout_app.payments import begin, settle
from commerce.accounts.roles import FINANCE, MERCHANDISER, SUPPORT
from commerce.models import OutgoingMail
from demo_gateway import faults
from demo_gateway.models import DemoIntent
from tests.factories import make_basket, make_submission, make_user
from tests.signing import prove_again

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/dashboard/attention/"


@pytest.fixture
def staff(site_root, client):
    """A function that signs in a user with a role."""
    from home.staff.roles import create_page_roles

    create_page_roles()

    def sign_in(role):
        user = make_user(f"{role.lower()}@example.com", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        prove_again(client)
        return client

    return sign_in


@pytest.fixture
def reviewed(vase):
    """An order whose payment differs from its total."""
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    intent = DemoIntent.objects.get(intent_id=attempt.intent_id)
    intent.body = {**intent.body, "status": "succeeded", "amount_received": 100}
    intent.save()
    settle.settle(attempt.intent_id)
    attempt.refresh_from_db()
    assert attempt.state == State.REVIEW
    return attempt


@pytest.fixture
def parked(db):
    """A mail that failed permanently."""
    return OutgoingMail.objects.create(
        key="k", to="ada@example.com", subject="News", body_text="Hello",
        state=OutgoingMail.State.PARKED, attempts=6, last_error="SMTPException: no",
    )  # fmt: skip


def press(client, kind, key):
    return client.post(PAGE, {"kind": kind, "key": key}, follow=True).content.decode()


def test_page_lists_items_with_their_reason(staff, reviewed, parked):
    page = staff(FINANCE).get(PAGE).content.decode()

    assert reviewed.order.number in page
    assert "News" not in page  # mail is for Support


def test_support_sees_and_resends_mail(staff, parked):
    client = staff(SUPPORT)

    page = press(client, "mail", parked.pk)

    assert "Done" in page
    assert [message.to for message in outbox.outbox] == [["ada@example.com"]]
    parked.refresh_from_db()
    assert parked.state == OutgoingMail.State.SENT


def test_second_press_reports_that_it_is_done(staff, parked):
    client = staff(SUPPORT)
    press(client, "mail", parked.pk)

    page = press(client, "mail", parked.pk)

    assert "Someone else has already done this" in page
    assert len(outbox.outbox) == 1


def test_finance_refunds_a_reviewed_payment(staff, reviewed):
    press(staff(FINANCE), "payment", reviewed.pk)

    reviewed.refresh_from_db()
    assert reviewed.state == State.REFUNDED
    assert RefundRequest.objects.get().amount == 1


def test_unreachable_gateway_leaves_the_item(staff, reviewed):
    client = staff(FINANCE)
    faults.plan("error")

    page = press(client, "payment", reviewed.pk)

    assert "refused" in page
    reviewed.refresh_from_db()
    assert reviewed.state == State.REFUND_DUE


def test_merchandiser_neither_sees_nor_acts(staff, reviewed):
    client = staff(MERCHANDISER)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"kind": "payment", "key": reviewed.pk}).status_code == 403
    assert PaymentAttempt.objects.get().state == State.REVIEW


def test_guest_is_redirected_to_sign_in(client, site_root):
    assert client.get(PAGE).status_code == 302


def test_parked_event_is_processed_again(client, django_user_model, vase, site_root):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    event = StripeEvent.objects.create(
        event_id="evt_1", type="payment_intent.canceled", object_id=attempt.intent_id,
        progress=StripeEvent.Progress.PARKED, attempts=10,
    )  # fmt: skip
    client.force_login(
        django_user_model.objects.create_superuser(email="admin@example.com", password="p")
    )

    press(client, "event", event.pk)

    event.refresh_from_db()
    assert event.progress == StripeEvent.Progress.DONE


def test_failed_task_is_run_again(client, django_user_model, site_root):
    client.force_login(
        django_user_model.objects.create_superuser(email="admin@example.com", password="p")
    )
    row = DBTaskResult.objects.create(
        task_path="commerce.mail.outbox.send_waiting_mail_task", args_kwargs={"args": [], "kwargs": {}},
        status="FAILED", backend_name="default", queue_name="default", priority=0,
        run_after=timezone.now(), finished_at=timezone.now() - timedelta(minutes=1),
        exception_class_path="builtins.RuntimeError", traceback="",
    )  # fmt: skip
    assert (
        "commerce.mail.outbox.send_waiting_mail_task"
        in client.get(reverse("attention")).content.decode()
    )

    press(client, "task", row.pk)

    assert not DBTaskResult.objects.filter(pk=row.pk).exists()
