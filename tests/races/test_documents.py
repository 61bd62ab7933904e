"""Documents issued simultaneously get unique numbers without gaps."""

from contextlib import suppress

import pytest
from django.db import transaction

from commerce.documents import issuing
from commerce.documents.issuing import issue_invoice
from commerce.models import CommercialDocument, DocumentCounter
from commerce.orders.invariants import broken_invariants
from commerce.transactions import retry_transient
from tests.factories import make_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@retry_transient
def issue(order, *, fails=False):
    with transaction.atomic(durable=True):
        issue_invoice(order)
        if fails:
            raise ZeroDivisionError


def numbers():
    rows = CommercialDocument.objects.order_by("number").values_list("number", flat=True)
    return [int(number.rsplit("-", 1)[1]) for number in rows]


def test_eight_documents_at_once_have_eight_numbers_and_failures_leave_no_gap(shop, together):
    orders = [make_order() for _order in range(24)]

    def work(index):
        for place in range(3):
            with suppress(ZeroDivisionError):
                issue(orders[index * 3 + place], fails=index % 4 == 3 and place != 1)

    results = together(8, work)

    assert [result for result in results if result is not None] == []
    assert numbers() == list(range(1, 21))
    assert not [line for line in broken_invariants() if line.startswith("I20")]


def test_same_order_eight_times_at_once_has_one_invoice(shop, together):
    order = make_order()

    results = together(8, lambda _index: issue(order))

    assert [result for result in results if result is not None] == []
    assert numbers() == [1]
    assert DocumentCounter.objects.get().last == 1


def test_control_without_the_lock_repeats_a_number_or_fails(shop, together, monkeypatch):
    orders = [make_order() for _order in range(16)]

    def unlocked(kind, year):
        counter, _new = DocumentCounter.objects.get_or_create(kind=kind, year=year)
        return counter

    monkeypatch.setattr(issuing, "_locked_counter", unlocked)

    def work(index):
        # Without a transaction nothing serialises them, as under READ COMMITTED.
        for place in range(2):
            issue_invoice(orders[index * 2 + place])

    results = together(8, work)

    assert any(result is not None for result in results) or broken_invariants()
