"""Bank transfers: offered, ordered, recorded, late, refunded."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.gateways.transfer import record_received
from checkout_app.models import BankTransfer, Method, PaymentAttempt, State, TransferRefund
from checkout_app.payments import reconcile, settle
from checkout_app.payments.methods import offered_methods
from commerce.models import OutgoingMail
from commerce.order_statuses import CANCELLED, PAID, PENDING
from commerce.orders.invariants import broken_invariants
from commerce.orders.pipeline import move_order
from commerce.pricing.delivery import Arrival
from tests.factories import make_user, stockrecord_of
from tests.shopper import press_pay, reach_payment
from tests.signing import prove_again

pytestmark = pytest.mark.django_db(transaction=True)
Order = get_model("order", "Order")


@pytest.fixture(autouse=True)
def _account(settings):
    settings.TRANSFER_ACCOUNT = "GB33 BUKB 2020 1555 5555 55"
    settings.TRANSFER_ACCOUNT_NAME = "Saltmarsh Studio"


@pytest.fixture
def ordered(client, vase):
    """A guest's order for the vase, to be paid by a transfer of £90.00."""
    reach_payment(client, vase)
    press_pay(client, "90.00", payment_method="transfer")
    return PaymentAttempt.objects.get()


@pytest.fixture
def finance(client):
    """A superuser who signed in recently."""
    user = make_user("fin@example.com", is_staff=True, is_superuser=True)
    client.force_login(user)
    prove_again(client)
    return user


def test_guest_follows_the_order_and_is_promised_no_day_before_the_money(client, ordered):
    page = client.get(reverse("checkout:thank-you"))
    soup = BeautifulSoup(page.content, "html.parser")

    promise = ordered.order.promise
    assert str(Arrival(promise.arrives_from, promise.arrives_until)) not in soup.text
    link = soup.find("a", string="Track this order")["href"]
    assert ordered.order.number in client.get(link, follow=True).text


def test_methods_are_offered_by_account_country_and_amount(settings):
    assert offered_methods(total=Decimal(90), country="GB") == [Method.CARD, Method.TRANSFER]
    assert offered_methods(total=Decimal(0), country="GB") == [Method.CARD]
    settings.TRANSFER_COUNTRIES = ["DE"]
    assert offered_methods(total=Decimal(90), country="GB") == [Method.CARD]
    assert offered_methods(total=Decimal(90), country="DE") == [Method.CARD, Method.TRANSFER]
    settings.TRANSFER_FROM = 100
    assert offered_methods(total=Decimal(90), country="DE") == [Method.CARD]
    settings.TRANSFER_FROM, settings.TRANSFER_ACCOUNT = 0, ""
    assert offered_methods(total=Decimal(90), country="DE") == [Method.CARD]


def test_order_waits_for_days_and_the_mail_gives_the_account(ordered, vase):
    assert (ordered.method, ordered.state) == (Method.TRANSFER, State.INTENT)
    assert ordered.order.status == PENDING
    assert ordered.expires_at > timezone.now() + timedelta(days=6)
    assert stockrecord_of(vase).num_allocated == 1
    mail = OutgoingMail.objects.get()
    assert "GB33 BUKB" in mail.body_text
    assert f"Reference:    {ordered.order.number}" in mail.body_text
    assert "£90" in mail.subject


def test_thank_you_page_gives_the_account_and_ends_the_checkout_session(client, ordered, mug):
    page = client.get(reverse("checkout:thank-you")).content.decode()

    assert "GB33 BUKB" in page
    assert ordered.order.number in page
    again = reach_payment(client, mug.children.first())
    assert again.status_code == 200
    assert again.context["attempt"] is None


def test_plain_form_without_javascript_redirects(client, vase):
    reach_payment(client, vase)

    fields = {**client.pay_fields, "payment_method": "transfer"}
    answer = client.post(reverse("checkout:pay"), fields)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("checkout:thank-you")


def test_method_that_is_not_offered_is_refused(client, vase, settings):
    reach_payment(client, vase)
    settings.TRANSFER_ACCOUNT = ""

    for name in ("transfer", "cheque"):
        answer = press_pay(client, "90.00", payment_method=name)
        assert answer.status_code == 409
    assert not Order.objects.exists()


def test_finance_records_the_transfer(client, ordered, finance):
    row = BankTransfer.objects.get()
    page = client.get(reverse("payment-transfers")).content.decode()
    assert ordered.order.number in page

    for _press in range(2):
        client.post(reverse("payment-transfers"), {"received": row.reference, "amount": "90.00"})

    ordered.refresh_from_db()
    row.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.PAID, PAID)
    assert row.received_by == finance
    assert ordered.order.sources.get().source_type.name == "Bank transfer"
    keys = set(OutgoingMail.objects.values_list("key", flat=True))
    assert keys == {
        f"order-received:{ordered.order.number}",
        f"order_placed:{ordered.order.number}",
    }
    assert broken_invariants() == []


def test_wrong_amount_goes_to_review(client, ordered, finance):
    row = BankTransfer.objects.get()

    client.post(reverse("payment-transfers"), {"received": row.reference, "amount": "95"})

    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.REVIEW, PENDING)


def arrived(client, amount, *, before=0):
    """Enter an amount that arrived, on a page that showed ``before`` pence as received."""
    row = BankTransfer.objects.get()
    data = {"received": row.reference, "amount": amount, "before": before}
    return client.post(reverse("payment-transfers"), data, follow=True)


def test_transfer_may_arrive_in_two_parts(client, ordered, finance):
    page = arrived(client, "60.00").content.decode()

    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status, ordered.money_taken) == (State.INTENT, PENDING, 0)
    assert "£60 received" in page
    assert 'value="30.00"' in page
    assert "£60 has arrived so far and £30 is missing" in page
    event = ordered.order.events.get(text__startswith="Part payment received: £60")
    assert event.user == finance
    mail = OutgoingMail.objects.get(key=f"order-received:{ordered.order.number}:60")
    assert "please transfer £30 more" in mail.subject
    assert "Missing:      £30" in mail.body_text

    arrived(client, "30.00", before=6000)

    ordered.refresh_from_db()
    assert (ordered.state, ordered.money_taken) == (State.PAID, Decimal("90.00"))
    assert broken_invariants() == []


def test_same_statement_entered_by_two_people_counts_once(client, ordered, finance):
    arrived(client, "60.00")

    page = arrived(client, "60.00").content.decode()

    assert "Someone else has already done this." in page
    assert BankTransfer.objects.get().received_minor == 6000


def test_partial_transfer_without_the_rest_in_time_goes_to_review(client, ordered, finance, vase):
    arrived(client, "60.00")

    reconcile.reconcile_open(at=timezone.now() + timedelta(days=8))

    ordered.refresh_from_db()
    assert (ordered.state, ordered.money_taken) == (State.REVIEW, Decimal("60.00"))
    assert stockrecord_of(vase).num_allocated == 1
    assert broken_invariants() == []


def test_list_shows_when_each_order_expires_or_expired(client, ordered, finance):
    page = client.get(reverse("payment-transfers")).content.decode()
    assert page.count("Expires") == 2  # the heading, and the label of the row on narrow screens
    assert page.count("Expired") == 0

    reconcile.reconcile_open(at=timezone.now() + timedelta(days=8))

    page = client.get(reverse("payment-transfers")).content.decode()
    assert "Expires" not in page
    assert page.count("Expired") == 3  # the section's heading as well


def test_underpayment_is_accepted_and_the_invoice_waives_the_rest(client, ordered, finance):
    row = BankTransfer.objects.get()
    arrived(client, "85.00")
    client.post(reverse("payment-transfers"), {"no_more": row.reference})
    page = client.get(reverse("dashboard:order-detail", args=[ordered.order.number]))
    assert "£5 is waived" in page.content.decode()

    for _press in range(2):
        client.post(reverse("order-accept", args=[ordered.order.number]))

    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.PAID, PAID)
    assert ordered.basket.status == "Submitted"
    assert ordered.moves.get(new_state=State.PAID).user == finance
    assert ordered.order.documents.get().facts["gross"] == "85.00"
    mail = OutgoingMail.objects.get(key__startswith="order_placed")
    assert "Paid        £85. There’s nothing more to pay." in mail.body_text
    page = client.get(reverse("dashboard:order-detail", args=[ordered.order.number]))
    assert "Not charged" in page.content.decode()
    assert broken_invariants() == []


def test_overpayment_is_accepted_and_refunded_without_a_credit_note(client, ordered, finance):
    arrived(client, "95.00")

    client.post(reverse("order-accept", args=[ordered.order.number]))
    back = TransferRefund.objects.get()
    client.post(reverse("payment-transfers"), {"sent": back.reference})

    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.PART_REFUNDED, PAID)
    assert (back.amount_minor, ordered.money_left) == (500, Decimal("90.00"))
    assert ordered.order.documents.get().facts["gross"] == "90.00"
    assert broken_invariants() == []


def test_late_payment_of_another_amount_is_accepted_while_stock_lasts(
    client, ordered, finance, vase
):
    reconcile.reconcile_open(at=timezone.now() + timedelta(days=8))
    arrived(client, "80.00")
    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.REVIEW, CANCELLED)
    record = stockrecord_of(vase)
    stock, record.num_in_stock = record.num_in_stock, 0
    record.save()

    page = client.post(reverse("order-accept", args=[ordered.order.number]), follow=True)
    assert "its items are no longer in stock" in page.content.decode()
    record.num_in_stock = stock
    record.save()
    client.post(reverse("order-accept", args=[ordered.order.number]))

    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.PAID, PAID)
    assert stockrecord_of(vase).num_allocated == 1
    assert broken_invariants() == []


def test_accepting_a_wrong_amount_needs_a_permission(client, ordered, finance):
    arrived(client, "95.00")
    client.force_login(make_user("sup@example.com", is_staff=True))

    assert client.post(reverse("order-accept", args=[ordered.order.number])).status_code == 403

    ordered.refresh_from_db()
    assert ordered.state == State.REVIEW


def test_invalid_amount_changes_nothing(client, ordered, finance):
    row = BankTransfer.objects.get()

    client.post(reverse("payment-transfers"), {"received": row.reference, "amount": "ninety"})

    row.refresh_from_db()
    assert row.status == BankTransfer.Status.WAITING


def test_expiry_releases_the_order_and_a_late_transfer_revives_it(client, ordered, vase):
    reconcile.reconcile_open(at=timezone.now() + timedelta(days=8))
    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.RELEASED, CANCELLED)
    assert stockrecord_of(vase).num_allocated == 0
    row = BankTransfer.objects.get()
    assert row.status == BankTransfer.Status.CANCELLED

    assert record_received(row.reference, amount_minor=9000, user=None)
    settle.settle(row.reference)

    ordered.refresh_from_db()
    assert (ordered.state, ordered.order.status) == (State.PAID, PAID)
    assert stockrecord_of(vase).num_allocated == 1
    assert broken_invariants() == []


def test_refund_stays_due_until_somebody_has_sent_it(client, ordered, finance):
    row = BankTransfer.objects.get()
    record_received(row.reference, amount_minor=9000, user=finance)
    settle.settle(row.reference)

    move_order(ordered.order_id, CANCELLED)

    ordered.refresh_from_db()
    back = TransferRefund.objects.get()
    assert (ordered.state, back.amount_minor, back.is_sent) == (State.REFUND_DUE, 9000, False)
    assert not OutgoingMail.objects.filter(key__startswith="order-refunded").exists()

    client.post(reverse("payment-transfers"), {"sent": back.reference})
    client.post(reverse("payment-transfers"), {"sent": back.reference})

    ordered.refresh_from_db()
    assert ordered.state == State.REFUNDED
    assert OutgoingMail.objects.filter(key__startswith="order-refunded").count() == 1
    assert broken_invariants() == []


def test_transfers_page_needs_a_permission(client, ordered):
    client.force_login(make_user("sup@example.com", is_staff=True))

    assert client.get(reverse("payment-transfers")).status_code == 403
    assert client.post(reverse("payment-transfers"), {"received": "x"}).status_code == 403


def test_zero_amount_is_refused(client, ordered, finance):
    client.post(reverse("payment-transfers"), {"received": ordered.intent_id, "amount": "0"})

    ordered.refresh_from_db()
    assert ordered.state == State.INTENT
    assert BankTransfer.objects.get().status == BankTransfer.Status.WAITING
