"""The audit log: actor, old and new values, and who may read it."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model

from checkout_app.models import PaymentAttempt
from checkout_app.payments import refunds
from commerce.accounts.roles import ADMIN, MERCHANDISER, create_roles
from commerce.actor import staff_actor
from commerce.models import AuditEntry, BundlePart, OptionPrice, SalePrice
from tests.actors import acted_by
from tests.digital import add_file
from tests.factories import (
    make_offer,
    make_paid_order,
    make_product,
    make_user,
    make_voucher,
    stockrecord_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mo(shop):
    return make_user("mo@example.com", is_staff=True, is_superuser=True, first_name="Mo")


@pytest.fixture
def bowl(shop):
    return make_product("Bowl", price="20.00", stock=10)


def last(kind, **wanted):
    return AuditEntry.objects.filter(kind=kind, **wanted).first()


def test_price_and_stock_changes_have_actor_and_values(bowl, mo):
    record = stockrecord_of(bowl)
    record.price, record.num_in_stock = Decimal("25"), 12
    with acted_by(mo):
        record.save()

    entry = last("partner.stockrecord", act="changed")
    assert entry.changes == {"price": ["20.00", "25.00"], "num_in_stock": ["10", "12"]}
    assert (entry.user, entry.actor) == (mo, "Mo")
    assert "Bowl" in entry.about


def test_sale_is_logged_from_start_to_end(bowl, mo):
    with acted_by(mo):
        sale = SalePrice.objects.create(
            stockrecord=stockrecord_of(bowl), price=Decimal("15.00"), start=timezone.now()
        )
        sale.price = Decimal("14.00")
        sale.save()
        sale.delete()

    entries = AuditEntry.objects.filter(kind="commerce.saleprice").order_by("pk")
    assert [entry.act for entry in entries] == ["added", "changed", "deleted"]
    assert entries[0].changes["price"] == [None, "15.00"]
    assert entries[1].changes == {"price": ["15.00", "14.00"]}
    assert entries[2].changes["price"] == ["14.00", None]


def test_files_parts_and_option_prices_are_logged(bowl, mo):
    option = get_model("catalogue", "Option").objects.create(name="Engraving", code="engraving")
    with acted_by(mo):
        pricing = OptionPrice.objects.create(option=option, price=Decimal("5.00"))
        pricing.price = Decimal("6.00")
        pricing.save()
        BundlePart.objects.create(bundle=bowl, part=make_product("Cup", price="9.00"), quantity=2)
        file = add_file(bowl)
        file.is_offered = False
        file.save(update_fields=["is_offered"])

    assert last("commerce.optionprice").changes == {"price": ["5.00", "6.00"]}
    assert last("commerce.bundlepart").changes["part"] == [None, "Cup"]
    assert last("commerce.productfile", act="added").changes["name"] == [None, "book.pdf"]
    entry = last("commerce.productfile", act="changed")
    assert (entry.changes, entry.user) == ({"is_offered": ["True", "False"]}, mo)


def test_offers_and_vouchers_are_logged(mo):
    with acted_by(mo):
        offer = make_offer()
        offer.benefit.value = 20
        offer.benefit.save()
        offer.priority = 3
        offer.save()
        voucher = make_voucher("TEN")
        voucher.end_datetime += timezone.timedelta(days=7)
        voucher.save()

    assert last("offer.benefit", act="changed").changes == {"value": ["10.00", "20.00"]}
    assert last("offer.conditionaloffer", act="changed").changes == {"priority": ["0", "3"]}
    assert list(last("voucher.voucher", act="changed").changes) == ["end_datetime"]


def test_refund_is_logged_with_actor_and_outcome(bowl, mo):
    order = make_paid_order((bowl, 1))
    attempt = PaymentAttempt.objects.get(order=order)
    wanted = refunds.RefundTerms(key="k", reason="A chip", extra=Decimal("5.00"))
    refunds.request_refund(attempt.pk, wanted, user=mo)
    attempt.refresh_from_db()
    refunds.send_refunds(attempt)

    added = last("checkout.refundrequest", act="added")
    assert (added.actor, added.changes["amount"]) == ("Mo", [None, "5.00"])
    done = last("checkout.refundrequest", act="changed")
    assert (done.actor, done.changes) == ("", {"progress": ["due", "done"]})


def test_nothing_is_logged_without_a_change_or_for_stock_moved_by_orders(bowl):
    before = AuditEntry.objects.count()

    stockrecord_of(bowl).save()
    make_paid_order((bowl, 1))

    assert AuditEntry.objects.count() == before


def test_log_is_append_only(bowl):
    entry = last("partner.stockrecord")
    for act in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(TypeError):
            act()


def test_actor_is_set_by_the_request_and_cleared_after_it(client, bowl, mo):
    client.force_login(mo)
    url = reverse("dashboard:catalogue-product-list")
    chosen = {"action": "set_product_price", "selected_product": bowl.pk}
    answer = client.post(url, chosen, follow=True)
    assert answer.status_code == 200
    assert staff_actor() is None


def test_bulk_price_changes_reach_the_log_and_the_cards(bowl, mo):
    from commerce.dashboard.product_bulk_actions import SetProductPriceAction
    from commerce.index.refresh import broken_listings

    form = type("Form", (), {})()
    form.get_specific_prices = dict
    form.cleaned_data = {
        "partners": get_model("partner", "Partner").objects.all(),
        "new_price": Decimal("30.00"),
    }
    request = type("Request", (), {"user": mo})()
    request._messages = type("Messages", (), {"add": lambda *args: None})()
    with acted_by(mo):
        SetProductPriceAction().execute(
            request, get_model("catalogue", "Product").objects.filter(pk=bowl.pk), form
        )

    assert last("partner.stockrecord").changes == {"price": ["20.00", "30.00"]}
    assert list(broken_listings()) == []


# --- The page -------------------------------------------------------------------------------------


def test_page_lists_and_filters(client, bowl, mo):
    record = stockrecord_of(bowl)
    record.price = Decimal("25.00")
    with acted_by(mo):
        record.save()
        make_voucher("TEN")
    client.force_login(mo)
    url = reverse("audit-log")
    count = AuditEntry.objects.count()

    page = client.get(url)
    assert "20.00 → <strong>25.00" in " ".join(page.text.split())
    assert len(page.context["entries"]) == count

    def found(**wanted):
        return {entry.kind for entry in client.get(url, wanted).context["entries"]}

    assert found(kind="voucher.voucher") == {"voucher.voucher"}
    assert found(actor="mo", act="changed") == {"partner.stockrecord"}
    assert found(about="Bowl") == {"partner.stockrecord"}
    assert found(since="2999-01-01") == set()
    assert found(until="2000-01-01") == set()
    assert found(since="nonsense", kind="<script>") != set()
    assert AuditEntry.objects.count() == count


def test_only_administrators_read_the_log(client, shop):
    create_roles()
    url = reverse("audit-log")
    assert client.get(url).status_code == 302
    user = make_user("m@example.com", is_staff=True)
    client.force_login(user)
    Group = get_model("auth", "Group")

    user.groups.add(Group.objects.get(name=MERCHANDISER))
    assert client.get(url).status_code == 403

    user.groups.add(Group.objects.get(name=ADMIN))
    assert client.get(url).status_code == 200
    assert "Audit log" in client.get(reverse("dashboard:index")).text
