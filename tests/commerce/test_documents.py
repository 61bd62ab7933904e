"""Invoices, credit notes and packing slips: numbered, immutable, exact to the cent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt
from checkout_app.payments import begin, refunds, settle
from checkout_app.payments.captures import request_capture, send_captures
from commerce.accounts.roles import FINANCE, create_roles
from commerce.documents.issuing import (
    Refunded,
    draft_packing_slip,
    issue_credit_note,
    issue_invoice,
)
from commerce.documents.pdf import render
from commerce.documents.sums import Part, credit_parts, not_charged_parts, rate_of, sums_of
from commerce.models import CommercialDocument, DocumentCounter
from commerce.orders.guest_links import token_for
from commerce.orders.invariants import broken_invariants
from commerce.orders.shipments import ship
from tests.factories import (
    make_basket,
    make_order,
    make_paid_order,
    make_product,
    make_submission,
    make_user,
    pay,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="19.99", stock=10)


@pytest.fixture
def order(bowl):
    """Three bowls with delivery, paid: £59.97 and £4.50."""
    return make_paid_order((bowl, 3))


def invoice_of(order):
    return CommercialDocument.objects.get(order=order, kind="invoice")


def notes_of(order):
    return list(CommercialDocument.objects.filter(order=order, kind="credit_note"))


def refund(order, **wanted):
    """Request a refund and send it."""
    attempt = PaymentAttempt.objects.get(order=order)
    key = wanted.pop("key", "a-key")
    refunds.request_refund(attempt.pk, refunds.RefundTerms(key=key, reason="A chip", **wanted))
    attempt.refresh_from_db()
    refunds.send_refunds(attempt)


# --- Issuing --------------------------------------------------------------------------------------


def test_paid_order_has_one_invoice_over_the_amount_paid(order):
    invoice = invoice_of(order)
    facts = invoice.facts

    assert [(line["quantity"], line["gross"]) for line in facts["lines"]] == [
        (3, "59.97"),
        (None, "4.50"),
    ]
    assert (facts["net"], facts["tax"], facts["gross"]) == ("53.73", "10.74", "64.47")
    assert facts["rates"] == [
        {"rate": "20", "code": "GB-20", "net": "53.73", "tax": "10.74", "gross": "64.47"}
    ]
    assert facts["order"] == order.number
    assert facts["seller"]["vat_number"]
    assert facts["billed_to"][0] == "Ada Marsh"
    assert broken_invariants() == []


def test_repeated_settling_issues_nothing_more(order):
    settle.settle(PaymentAttempt.objects.get(order=order).intent_id)
    with transaction.atomic():
        again = issue_invoice(order)

    assert again == invoice_of(order)
    assert DocumentCounter.objects.get(kind="invoice").last == 1


def test_order_waiting_for_payment_has_no_invoice(bowl):
    begin.begin(make_submission(make_basket((bowl, 1))))

    assert CommercialDocument.objects.count() == 0


def test_free_order_has_an_invoice_over_zero(shop):
    order = make_order()
    order.total_incl_tax = order.total_excl_tax = 0
    with transaction.atomic():
        facts = issue_invoice(order).facts

    assert (facts["gross"], facts["rates"]) == ("0.00", [])
    assert render(facts).startswith(b"%PDF")


def test_authorised_payment_is_invoiced_when_captured(settings, bowl):
    settings.PAYMENT_CAPTURE = "manual"
    attempt, _intent = begin.begin(make_submission(make_basket((bowl, 1))))
    pay(attempt)
    settle.settle(attempt.intent_id)
    assert CommercialDocument.objects.count() == 0

    request_capture(attempt.pk)
    send_captures(PaymentAttempt.objects.get(pk=attempt.pk))

    assert invoice_of(attempt.order).facts["gross"] == "24.49"


def test_partial_capture_is_invoiced_for_its_part(settings, bowl):
    settings.PAYMENT_CAPTURE = "manual"
    attempt, _intent = begin.begin(make_submission(make_basket((bowl, 1))))
    pay(attempt)
    settle.settle(attempt.intent_id)

    request_capture(attempt.pk, amount=Decimal("20.00"))
    send_captures(PaymentAttempt.objects.get(pk=attempt.pk))

    facts = invoice_of(attempt.order).facts
    assert facts["gross"] == "20.00"
    assert facts["lines"][-1]["gross"] == "-4.49"
    assert Decimal(facts["net"]) + Decimal(facts["tax"]) == Decimal("20.00")


def test_refund_of_lines_has_a_credit_note_with_the_lines_and_the_invoice(order):
    line = order.lines.get()

    refund(order, units={line.pk: 2}, shipping=Decimal("4.50"))

    (note,) = notes_of(order)
    facts = note.facts
    assert facts["invoice"] == invoice_of(order).number
    assert "A chip" not in str(facts)  # internal notes of staff
    assert [(row["title"], row["quantity"], row["gross"]) for row in facts["lines"]] == [
        ("Bowl", 2, "39.98"),
        ("Delivery: Standard", None, "4.50"),
    ]
    assert (facts["net"], facts["tax"], facts["gross"]) == ("37.07", "7.41", "44.48")


def test_credit_notes_of_all_lines_add_up_to_the_invoice(order):
    line = order.lines.get()
    refund(order, key="one", units={line.pk: 1})
    refund(order, key="two", extra=Decimal("5.01"))
    refund(order, key="three", extra=Decimal("39.47"))

    totals = [[Decimal(note.facts[name]) for note in notes_of(order)] for name in ("net", "gross")]
    invoice = invoice_of(order).facts
    assert [sum(amounts) for amounts in totals] == [
        Decimal(invoice["net"]),
        Decimal(invoice["gross"]),
    ]
    assert broken_invariants() == []


def test_full_refund_is_credited_line_by_line(order):
    refund(order, extra=Decimal("64.47"))

    (note,) = notes_of(order)
    invoice = invoice_of(order).facts
    assert [row["title"] for row in note.facts["lines"]] == ["Bowl", "Delivery: Standard"]
    assert [note.facts[name] for name in ("net", "tax", "gross")] == [
        invoice[name] for name in ("net", "tax", "gross")
    ]


def test_repeated_news_of_a_refund_issues_one_credit_note(order):
    told = Refunded(key="refund-1", amount=Decimal("5.00"))
    with transaction.atomic():
        first = issue_credit_note(order, told)
        assert issue_credit_note(order, told) == first

    assert len(notes_of(order)) == 1


def test_payment_without_an_invoice_is_not_credited(shop):
    order = make_order(status="Cancelled")
    with transaction.atomic():
        assert issue_credit_note(order, Refunded(key="late", amount=Decimal("5.00"))) is None


def test_each_parcel_has_a_packing_slip_without_prices(order):
    line = order.lines.get()
    ship(order.pk, units={line.pk: 2}, carrier="dpd", tracking_number="15501234567890")
    ship(order.pk)

    first, second = CommercialDocument.objects.filter(kind="packing_slip")
    assert first.facts["lines"] == [{"title": "Bowl", "code": line.partner_sku, "quantity": 2}]
    assert first.facts["rest"] == [{"title": "Bowl", "quantity": 1}]
    assert first.facts["tracking_number"] == "15501234567890"
    assert second.facts["rest"] == []
    assert "gross" not in str(first.facts)
    assert first.shipment.documents.get() == first


# --- Numbers --------------------------------------------------------------------------------------


def test_numbers_are_consecutive_per_kind_and_year(bowl):
    at = [datetime(2031, 12, 31, 23, tzinfo=UTC), datetime(2032, 1, 1, 1, tzinfo=UTC)]
    orders = [make_order() for _number in range(3)]
    with transaction.atomic():
        numbers = [
            issue_invoice(order, at=moment).number
            for order, moment in zip(orders, [at[0], at[0], at[1]], strict=True)
        ]

    assert numbers == ["INV-2031-000001", "INV-2031-000002", "INV-2032-000001"]


def test_number_of_a_failed_transaction_is_reused(shop):
    first, second = make_order(), make_order()

    with transaction.atomic():
        issue_invoice(first)
        transaction.set_rollback(True)
    with transaction.atomic():
        issued = issue_invoice(second)

    assert issued.number.endswith("000001")
    assert not [line for line in broken_invariants() if line.startswith("I20")]


def test_gap_is_found(order):
    DocumentCounter.objects.filter(kind="invoice").update(last=2)

    assert any(line.startswith("I20") for line in broken_invariants())


def test_document_cannot_be_changed_or_deleted(order):
    invoice = invoice_of(order)

    invoice.number = "INV-1"
    for act in (invoice.save, invoice.delete, CommercialDocument.objects.all().delete):
        with pytest.raises(TypeError):
            act()
    with pytest.raises(TypeError):
        CommercialDocument.objects.update(number="INV-1")
    assert invoice_of(order).number != "INV-1"


# --- The file -------------------------------------------------------------------------------------


def test_document_never_changes(order, settings):
    before = render(invoice_of(order).facts)

    settings.SELLER = {**settings.SELLER, "name": "Somebody else"}
    settings.SITE_NAME = "Another name"
    order.lines.update(title="Another title")
    get_model("order", "ShippingAddress").objects.update(first_name="Eve")

    assert render(invoice_of(order).facts) == before


def test_many_scripts_are_printed_and_unknown_characters_do_not_fail(order):
    facts = invoice_of(order).facts
    plain = render(facts)

    facts["billed_to"] = ["山田 太郎", "Ωμέγα", "Иван", "김철수", "\U0001f36d"]

    assert b"DroidSansFallback" in render(facts)
    assert b"DroidSansFallback" not in plain


def test_long_orders_have_several_pages(order):
    facts = invoice_of(order).facts
    facts["lines"] = [{**facts["lines"][0], "title": "A very long title " * 12}] * 30

    assert render(facts).count(b"/Type /Page\n") >= 3


def test_slip_before_dispatch_has_no_number(order):
    facts = draft_packing_slip(order, [(order.lines.get(), 3)])

    assert facts["number"] == ""
    assert render(facts).startswith(b"%PDF")
    assert not CommercialDocument.objects.filter(kind="packing_slip").exists()


# --- Who may have it ------------------------------------------------------------------------------


def address_of(order, *, token=""):
    number = invoice_of(order).number
    if token:
        return reverse("guest-document", kwargs={"token": token, "number": number})
    return reverse("order-document", kwargs={"order": order.number, "number": number})


def test_only_the_owner_downloads_the_invoice(client, bowl, site_root):
    ada = make_user()
    order = make_paid_order((bowl, 1), user=ada)

    assert client.get(address_of(order)).status_code == 302

    client.force_login(make_user("eve@example.com"))
    assert client.get(address_of(order)).status_code == 404

    client.force_login(ada)
    answer = client.get(address_of(order))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="invoice-{invoice_of(order).number}.pdf"'
    )
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert answer.content.startswith(b"%PDF")
    page = client.get(reverse("customer:order", args=[order.number])).text
    assert address_of(order) in page


def test_guest_link_opens_its_own_documents_until_it_expires(client, order, bowl, site_root):
    other = make_paid_order((bowl, 1))
    token, old = token_for(order, days=1), token_for(order, days=-1)

    page = client.get(reverse("guest-order", args=[token])).text
    assert address_of(order, token=token) in page
    assert client.get(address_of(order, token=token)).content.startswith(b"%PDF")
    assert client.get(address_of(order, token=old)).status_code == 302
    foreign = {"token": token, "number": invoice_of(other).number}
    assert client.get(reverse("guest-document", kwargs=foreign)).status_code == 404


def test_guest_link_does_not_open_documents_of_an_account(client, bowl, site_root):
    order = make_paid_order((bowl, 1), user=make_user())

    assert client.get(address_of(order, token=token_for(order, days=1))).status_code == 404


def test_packing_slips_are_not_for_customers(client, bowl, site_root):
    ada = make_user()
    order = make_paid_order((bowl, 1), user=ada)
    ship(order.pk)
    slip = CommercialDocument.objects.get(kind="packing_slip")
    client.force_login(ada)

    kwargs = {"order": order.number, "number": slip.number}
    assert client.get(reverse("order-document", kwargs=kwargs)).status_code == 404
    assert client.get(reverse("staff-document", kwargs=kwargs)).status_code == 403


def test_staff_with_order_access_download_all_documents(client, order, site_root):
    create_roles()
    paper = {"order": order.number, "number": invoice_of(order).number}
    slip = reverse("packing-list", args=[order.number])
    assert client.get(slip).status_code == 302

    nobody = make_user("packer@example.com", is_staff=True)
    client.force_login(nobody)
    assert client.get(reverse("staff-document", kwargs=paper)).status_code == 403
    assert client.get(slip).status_code == 403

    nobody.groups.add(get_model("auth", "Group").objects.get(name=FINANCE))
    assert client.get(reverse("staff-document", kwargs=paper)).content.startswith(b"%PDF")
    assert client.get(slip).content.startswith(b"%PDF")
    page = client.get(reverse("dashboard:order-detail", args=[order.number])).text
    assert reverse("staff-document", kwargs=paper) in page
    ship(order.pk)
    assert client.get(slip).status_code == 404


# --- Sums -----------------------------------------------------------------------------------------

RATES = st.sampled_from([Decimal(0), Decimal(5), Decimal(20)])


@st.composite
def invoices(draw):
    """Draw order lines whose net is computed for one unit and multiplied, as in an order."""
    parts = []
    for number in range(draw(st.integers(1, 6))):
        rate, quantity = draw(RATES), draw(st.integers(1, 9))
        unit = draw(st.integers(1, 99_999)) / Decimal(100)
        net = (unit / (1 + rate / 100)).quantize(Decimal("0.01"))
        parts.append(
            Part(
                f"Piece {number}", rate, net * quantity, unit * quantity, str(number), "", quantity
            )
        )
    return parts


def assert_sums(parts):
    sums = sums_of(parts)
    assert Decimal(sums["net"]) + Decimal(sums["tax"]) == Decimal(sums["gross"])
    for name in ("net", "tax", "gross"):
        assert sum(Decimal(row[name]) for row in sums["rates"]) == Decimal(sums[name])
    assert Decimal(sums["gross"]) == sum(part.gross for part in parts)
    return sums


@given(invoices(), st.data())
def test_sums_by_rate_match_the_lines_and_full_credits_leave_zero(parts, data):
    assert_sums(parts)
    left, credited = {part.key: part for part in parts}, []
    while left:
        key = data.draw(st.sampled_from(sorted(left)))
        part = left[key]
        units = data.draw(st.integers(1, part.quantity))
        gone = sum(row.gross for row in credited if row.key == key)
        whole = next(row for row in parts if row.key == key)
        gross = (whole.gross / whole.quantity) * units
        note = credit_parts(parts, credited, {key: (units, gross)}, amount=gross, title="Back")
        assert_sums(note)
        credited += note
        rest = part.quantity - units
        assert gone + gross <= whole.gross
        left[key] = Part(part.title, part.rate, part.net, part.gross, key, "", rest)
        if not rest:
            del left[key]

    assert sums_of(credited)["rates"] == sums_of(parts)["rates"]


@given(invoices(), st.integers(1, 10_000))
def test_amounts_without_a_line_are_distributed_and_add_up(parts, share):
    total = sum(part.gross for part in parts)
    amount = (total * share / 10_000).quantize(Decimal("0.01"))
    first = credit_parts(parts, [], {}, amount=amount, title="Back") if amount else []
    rest = total - amount
    second = credit_parts(parts, first, {}, amount=rest, title="Back") if rest else []

    assert sum(part.gross for part in first) == amount
    assert_sums(first)
    assert sums_of([*first, *second])["rates"] == sums_of(parts)["rates"]


@given(invoices(), st.integers(0, 10_000))
def test_waived_amount_leaves_exactly_the_charged_amount(parts, share):
    total = sum(part.gross for part in parts)
    amount = (total * share / 10_000).quantize(Decimal("0.01"))

    sums = assert_sums([*parts, *not_charged_parts(parts, amount, title="Not charged")])

    assert Decimal(sums["gross"]) == total - amount


@pytest.mark.parametrize(
    ("net", "gross", "code", "rate"),
    [
        ("10.00", "12.00", "GB-standard", "20"),
        ("10.00", "10.00", "GB-standard", "0"),
        ("10.00", "10.50", "", "5.0"),
        ("0.00", "0.01", "", "0"),
        ("0.00", "0.00", "GB-standard", "20"),
    ],
)
def test_rate_comes_from_the_code_or_from_the_amounts(net, gross, code, rate):
    assert rate_of(Decimal(net), Decimal(gross), code) == Decimal(rate)
