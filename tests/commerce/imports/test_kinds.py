"""Customers, reviews, vouchers, redirects and past orders: in, out and undone."""

import csv
import io
from datetime import datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.contrib.redirects.models import Redirect

from checkout_app.models import PaymentAttempt
from commerce.accounts.roles import ADMIN, MERCHANDISER, create_roles
from commerce.catalogue.reviews import WRITTEN, approved_reviews, review_status
from commerce.dashboard.import_forms import may_import
from commerce.imports.kinds.base import exports, kinds
from commerce.imports.runs import finish, start_undo
from commerce.index.listings import product_url
from commerce.models import MarketingConsent, OutgoingMail, User
from commerce.orders.invariants import broken_invariants
from tests.commerce.imports.test_export import csv_of, outcomes, run_file
from tests.factories import make_order, make_product, make_user, make_voucher

pytestmark = pytest.mark.django_db
Country = get_model("address", "Country")
Order, Voucher = get_model("order", "Order"), get_model("voucher", "Voucher")
ProductReview = get_model("reviews", "ProductReview")
VoucherSet = get_model("voucher", "VoucherSet")

SHOPIFY_CUSTOMERS = """Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Total Spent
'1,Ada,Marsh,ADA@example.com,yes,,12 Quay Street,,Wells,,GB,nr231ah,'01328 710000,12.00
'2,Ben,Fen,ben@example.com,no,,1 Rue X,,Nowhere,,XX,1,,0
'3,Cy,Dee,not an address,no,,,,,,,,,0
'4,Di,Eck,,no,,,,,,,,,0
'5,Ada,Twice,ada@example.com,no,,,,,,,,,0
"""


def reasons(run):
    return {row.line: row.problems[0][2] for row in run.rows.filter(outcome="refused")}


def comes_back_unchanged(kind, **options):
    run = run_file(csv_of(exports()[kind, "plain"]()), kind=kind, may_be_free=True, **options)
    wrong = run.rows.exclude(outcome="unchanged")
    return [(row.identity, row.problems, row.before, row.after) for row in wrong] == []


def test_customers_of_shopify(shop):
    run = run_file(SHOPIFY_CUSTOMERS.encode(), kind="customers", profile="shopify", mail=True)

    ada, ben = User.objects.order_by("email")
    assert (ada.email, ada.first_name, ada.has_usable_password()) == (
        "ada@example.com",
        "Ada",
        False,
    )
    assert dict(MarketingConsent.objects.values_list("user__first_name", "is_given")) == {
        "Ada": True, "Ben": False,
    }  # fmt: skip
    address = ada.addresses.get()
    assert (address.line4, address.postcode, str(address.phone_number)) == (
        "Wells", "NR23 1AH", "+441328710000",
    )  # fmt: skip
    assert not ben.addresses.exists()
    assert run.rows.get(identity="ben@example.com").remarks[0][2].startswith("Imported without")
    assert reasons(run) == {
        4: "“not an address” is not an email address.",
        5: "This cell must not be empty.",
        6: "Row 2 already has “ada@example.com”.",
    }
    mails = OutgoingMail.objects.filter(is_secret=True).values_list("to", flat=True)
    assert sorted(mails) == ["ada@example.com", "ben@example.com"]
    assert set(outcomes(run_file(SHOPIFY_CUSTOMERS.encode(), kind="customers", profile="shopify",
                                 mail=True)).values()) == {"unchanged", "refused"}  # fmt: skip
    assert OutgoingMail.objects.filter(is_secret=True).count() == 2
    assert comes_back_unchanged("customers")
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"
    assert not User.objects.exists()


def test_recipient_of_an_address_stays(shop):
    ada = make_user("ada@example.com", first_name="Ada")
    address = ada.addresses.create(
        first_name="Grandma", last_name="Marsh", line1="1 Old Street", line4="Wells",
        postcode="NR23 1AH", country=Country.objects.get(pk="GB"),
    )  # fmt: skip
    content = (
        b"email,first_name,last_name,line1,city,postcode,country\n"
        b"ada@example.com,Ada,Marsh,12 Quay Street,Wells,NR23 1AH,GB\n"
        b"ben@example.com,Ben,Fen,3 Quay Street,Wells,NR23 1AH,GB\n"
    )

    def recipient(of):
        row = of.addresses.get()
        return f"{row.first_name} {row.last_name}, {row.line1}"

    run = run_file(content, kind="customers")
    assert recipient(ada) == "Grandma Marsh, 12 Quay Street"
    assert recipient(User.objects.get(email="ben@example.com")) == "Ben Fen, 3 Quay Street"
    assert set(outcomes(run_file(content, kind="customers")).values()) == {"unchanged"}
    start_undo(run.pk)

    assert finish(run.pk).state == "undone"
    assert recipient(ada) == "Grandma Marsh, 1 Old Street"
    assert address.pk == ada.addresses.get().pk


def test_accounts_that_were_used_and_staff_stay(shop):
    make_user("boss@example.com", is_staff=True)
    content = b"email,first_name\nboss@example.com,Eve\neve@example.com,Eve\n"
    run = run_file(content, kind="customers")
    assert reasons(run) == {2: "This is the account of a member of staff."}
    User.objects.filter(email="eve@example.com").update(last_login=timezone.now())

    start_undo(run.pk)
    run = finish(run.pk)

    assert run.rows.get(identity="eve@example.com").step == "left"
    assert User.objects.filter(email="eve@example.com").exists()


def test_reviews(shop):
    vase = make_product("Moon vase", price="90.00", stock=1)
    content = (
        b"product,score,title,body,name,email,status,date\n"
        b"moon-vase,5,Lovely,Really,Ada,ada@example.com,approved,2024-03-01\n"
        b"moon-vase,6,Too good,Really,Ben,,approved,\n"
        b"sun-vase,4,Nice,Really,Cy,,approved,\n"
        b"moon-vase,4,Hm,Well,Di,,wrong,\n"
    )
    run = run_file(content, kind="reviews")

    review = ProductReview.objects.get()
    assert (review.product, review.score, review.status) == (vase, 5, ProductReview.APPROVED)
    assert timezone.localtime(review.date_created).date() == datetime(2024, 3, 1).date()
    vase.refresh_from_db()
    assert vase.rating == 5
    assert reasons(run) == {
        3: "Enter a number from 1 to 5.",
        4: "The shop has no product “sun-vase”.",
        5: "“wrong” is none of: approved, pending, rejected.",
    }
    assert comes_back_unchanged("reviews")
    start_undo(run.pk)
    finish(run.pk)
    vase.refresh_from_db()
    assert vase.rating is None


def test_review_of_an_account_without_a_name_is_imported_once(shop):
    vase = make_product("Moon vase", price="90.00", stock=1)
    anna = make_user("anna@example.com")
    content = (
        b"product,score,title,body,name,email,status\n"
        b"moon-vase,5,Lovely,Really,Anna,anna@example.com,approved\n"
        b"moon-vase,2,Broken,Sadly,Anna,anna@example.com,approved\n"
    )
    run_file(content, kind="reviews", accounts=True)
    again = run_file(content, kind="reviews", accounts=True)
    assert set(outcomes(again).values()) == {"unchanged"}

    assert list(ProductReview.objects.order_by("-score").values_list("user", "name")) == [
        (anna.pk, "Anna"), (None, "Anna"),
    ]  # fmt: skip
    # As the storefront stores them, and an earlier import did.
    ProductReview.objects.filter(user=anna).update(name="")
    User.objects.filter(pk=anna.pk).update(first_name="Annabel")
    again = run_file(content, kind="reviews", accounts=True)
    assert set(outcomes(again).values()) == {"unchanged"}
    assert comes_back_unchanged("reviews", accounts=True)
    vase.refresh_from_db()
    assert vase.rating == 3.5


@pytest.mark.parametrize(("role", "is_linked"), [(MERCHANDISER, False), (ADMIN, True)])
def test_review_is_linked_only_by_whoever_may_see_people(vase, shop, role, is_linked):
    create_roles()
    staff = make_user("staff@example.com", is_staff=True)
    staff.groups.add(Group.objects.get(name=role))
    staff = User.objects.get(pk=staff.pk)  # permissions are cached
    assert may_import(staff, kinds()["reviews"])
    ada = make_user("ada@example.com", first_name="Augusta", last_name="Byron")
    make_order(vase, user=ada)
    content = (
        b"product,score,title,body,name,email,status\n"
        b"moon-vase,1,Awful,Never again,A.,ada@example.com,approved\n"
    )

    run = run_file(content, kind="reviews", user=staff)

    review = approved_reviews(vase).get()
    assert (review.user == ada, review.is_verified) == (is_linked, is_linked)
    assert (review_status(ada, vase) == WRITTEN) is is_linked
    assert "Byron" not in str(list(run.rows.values_list("identity", "before", "after")))
    assert set(outcomes(run_file(content, kind="reviews", user=staff)).values()) == {"unchanged"}
    assert comes_back_unchanged("reviews", user=staff)


def test_file_finds_no_review_by_the_address_of_its_account(vase, shop):
    ada = make_user("ada@example.com", first_name="Augusta", last_name="Byron")
    vase.reviews.create(score=5, title="Lovely", body="Really", user=ada)
    content = b"product,score,title,body,name,email\nmoon-vase,1,Lovely,No,A.,ada@example.com\n"

    run = run_file(content, kind="reviews")

    assert set(outcomes(run).values()) == {"new"}
    assert vase.reviews.get(user=ada).score == 5
    assert "Byron" not in str(list(run.rows.values_list("identity", "before", "after")))


def test_reviews_by_sku_are_undone(shop):
    make_product("Moon vase", price="90.00", stock=1).stockrecords.update(partner_sku="VASE")
    content = b"product,score,title,name,status\nVASE,%d,Lovely,Ada,approved\n"
    first = run_file(content % 5, kind="reviews")
    second = run_file(content % 4, kind="reviews")

    for run, scores in ((second, [5]), (first, [])):
        start_undo(run.pk)
        finish(run.pk)
        assert list(ProductReview.objects.values_list("score", flat=True)) == scores


def test_vouchers(shop):
    content = (
        b"code,name,discount,minimum,usage,start,end\n"
        b"welcome10,Welcome,10%,,once,2026-01-01,2036-12-31\n"
        b"FIVE,Five off,5.00,30.00,single,,\n"
        b"BAD,Bad,lots,,,,\n"
        b"NEG,Neg,-3,,,,\n"
    )
    run = run_file(content, kind="vouchers")

    welcome = Voucher.objects.get(code="WELCOME10")
    offer = welcome.offers.get()
    assert (offer.benefit.type, offer.benefit.value) == ("Percentage", 10)
    assert welcome.usage == Voucher.ONCE_PER_CUSTOMER
    five = Voucher.objects.get(code="FIVE").offers.get()
    assert (five.condition.type, five.condition.value) == ("Value", Decimal("30.00"))
    assert reasons(run) == {
        4: "“lots” is not a number.",
        5: "Enter a discount such as 10% or 5.00.",
    }
    assert comes_back_unchanged("vouchers")
    start_undo(run.pk)
    finish(run.pk)
    assert not Voucher.objects.exists()


def test_redirects(shop):
    vase = make_product("Moon vase", price="90.00", stock=1)
    record = vase.stockrecords.get()
    record.partner_sku = "VASE"
    record.save()
    content = (
        b"old_path,target,permanent\n"
        b"https://old.example/vase.html,VASE,1\n"
        b"/about/,/about-us/,\n"
        b"/loop,/loop,1\n"
        b"/odd,javascript:alert(1),1\n"
        b"/slashes,//evil.example,1\n"
    )
    run = run_file(content, kind="redirects")

    links = dict(Redirect.objects.values_list("old_path", "redirect_link"))
    assert links == {"/vase.html": product_url(vase.pk, vase.slug), "/about": "/about-us/"}
    assert set(reasons(run)) == {4, 5, 6}
    assert comes_back_unchanged("redirects")
    start_undo(run.pk)
    finish(run.pk)
    assert not Redirect.objects.exists()


ORDERS = """Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount
#1001,ada@example.com,paid,GBP,27.00,4.50,5.25,31.50,3.00,2024-05-01 10:00:00 +0200,2,Moon vase,10.00,VASE,0
#1001,,,,,,,,,,1,Old cup,10.00,GONE,0.00
#1002,guest@example.com,refunded,GBP,10.00,0,0,10.00,0,2024-05-02 10:00:00 +0200,1,Cup,10.00,,0
#1003,x@example.com,paid,GBP,10.00,0,0,99.00,0,2024-05-02 10:00:00 +0200,1,Cup,10.00,,0
#1004,x@example.com,pending,GBP,10.00,0,0,10.00,0,2024-05-02 10:00:00 +0200,1,Cup,10.00,,0
"""


def test_past_orders_of_shopify(shop):
    vase = make_product("Moon vase", price="90.00", stock=1)
    record = vase.stockrecords.get()
    record.partner_sku = "VASE"
    record.save()
    ada = make_user("ada@example.com")

    run = run_file(ORDERS.encode(), kind="orders", profile="shopify")

    first, second = Order.objects.order_by("number")
    assert (first.number, first.user, first.status) == ("#1001", ada, "Delivered")
    assert (first.total_incl_tax, first.total_excl_tax) == (Decimal("31.50"), Decimal("26.25"))
    assert first.date_placed.isoformat() == "2024-05-01T08:00:00+00:00"
    lines = list(first.lines.order_by("pk"))
    assert [line.line_price_incl_tax for line in lines] == [Decimal("18.00"), Decimal("9.00")]
    assert [line.product for line in lines] == [vase, None]
    assert (second.guest_email, second.status) == ("guest@example.com", "Refunded")
    assert reasons(run) == {
        5: "The total is 99.00, but items and delivery add up to 10.00.",
        6: "Orders that are “pending” cannot be imported; finish them first.",
    }
    record.refresh_from_db()
    assert (record.num_in_stock, record.num_allocated or 0) == (1, 0)
    assert not OutgoingMail.objects.exists()
    assert broken_invariants() == []
    assert comes_back_unchanged("orders")
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"
    assert not Order.objects.exists()


def test_order_with_a_payment_attempt_is_left_and_the_others_are_undone(shop, caplog):
    run = run_file(ORDERS.encode(), kind="orders", profile="shopify")
    PaymentAttempt.objects.create(
        order=Order.objects.get(number="#1001"),
        amount=Decimal("31.50"),
        currency="GBP",
        key="one",
        expires_at=timezone.now(),
    )

    start_undo(run.pk)
    run = finish(run.pk)

    assert run.state == "undone"
    assert dict(run.rows.exclude(outcome="refused").values_list("identity", "step")) == {
        "#1001": "left", "#1002": "undone",
    }  # fmt: skip
    assert [order.number for order in Order.objects.all()] == ["#1001"]
    assert "Traceback" not in caplog.text


def test_vouchers_that_a_file_cannot_describe_are_left_out_and_named(client, shop):
    run_file(b"code,discount,minimum\nTEN,10%,\nFIVE,5.00,30\n", kind="vouchers")
    Offer, Range = get_model("offer", "ConditionalOffer"), get_model("offer", "Range")
    part = Range.objects.create(name="Some products")
    but_one = Range.objects.create(name="All but one", includes_all_products=True)
    but_one.excluded_products.add(make_product("Moon vase", price="90.00"))

    def complicate(code, *, benefit=(), condition=(), **offer):
        voucher = make_voucher(code)
        row = voucher.offers.get()
        everything = Range.objects.filter(name="All products")
        for one, values in ((row.benefit, benefit), (row.condition, condition)):
            type(one).objects.filter(pk=one.pk).update(
                **{"range": everything.get(), **dict(values)}
            )
        Offer.objects.filter(pk=row.pk).update(**offer)
        return voucher

    complicate("PART", benefit={"range": part}.items())
    complicate("BUTONE", benefit={"range": but_one}.items())
    complicate("UNIT", benefit={"type": "Fixed", "value": 5}.items())
    complicate("CHEAPEST", benefit={"type": "Multibuy", "value": None}.items())
    complicate("SHIPPING", benefit={"type": "Shipping percentage"}.items())
    complicate("THREE", condition={"type": "Count", "value": 3}.items())
    complicate("ONLYTWO", benefit={"max_affected_items": 2}.items())
    complicate("LIMITED", max_global_applications=10)
    complicate("CAPPED", max_discount=10)
    complicate("TWICE").offers.add(Voucher.objects.get(code="TEN").offers.get())
    complicate("PLAIN")
    members = VoucherSet.objects.create(
        name="Set", count=1, code_length=12, start_datetime=timezone.now(),
        end_datetime=timezone.now(),
    )  # fmt: skip
    Voucher.objects.filter(pk=complicate("MEMBER").pk).update(voucher_set=members)

    rows = list(csv.DictReader(io.StringIO(csv_of(exports()["vouchers", "plain"]()).decode())))
    assert [(row["code"], row["discount"], row["minimum"]) for row in rows] == [
        ("TEN", "10%", ""), ("FIVE", "5.00", "30.00"), ("PLAIN", "10%", ""),
    ]  # fmt: skip
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    page = client.get(reverse("staff-exports")).content.decode()
    assert (
        "Vouchers: the file leaves out BUTONE, CAPPED, CHEAPEST, LIMITED, MEMBER, ONLYTWO, PART,"
        " SHIPPING, THREE, TWICE, UNIT, because it cannot describe them."
    ) in " ".join(page.split())


def test_stock_file_with_a_row_of_too_many_cells_or_no_sku(shop):
    run_file(b"sku,title,price\nA,Cup,5\nB,Pot,6\n")

    run = run_file(b"sku,price\nA,7,8\n,9\nB,8\nb,9\n", kind="stock")

    assert reasons(run) == {
        2: "The row has more cells than the heading.",
        3: "The row has no “sku”.",
        5: "Row 4 already has “b”.",
    }
    prices = get_model("partner", "StockRecord").objects.values_list("partner_sku", "price")
    assert {sku: str(price) for sku, price in prices} == {"A": "5.00", "B": "8.00"}
