"""The export's sections of ``commerce`` and its libraries, for accounts and guests."""

from collections.abc import Callable
from typing import Any

from django.db.models import Manager, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.audit.security import ACCOUNT
from commerce.documents.issuing import FOR_CUSTOMERS
from commerce.privacy.parts import Section
from commerce.privacy.people import Person

Rows = Callable[[Person], QuerySet]


def _model(label: str) -> Manager:
    return get_model(*label.split("."))._base_manager


def _section(name: str, title: Promise, label: str, *, user: str = "", email: str = "") -> Section:
    """Rows whose field ``user`` is the account, or whose field ``email`` is one of the addresses."""

    def rows(person: Person) -> QuerySet:
        found = Q(pk__in=[])
        if user:
            found |= person.by_user(user)
        if email:
            found |= person.by_email(email)
        return _model(label).filter(found).distinct()

    return Section(name, title, label, rows)


def _of_orders(name: str, title: Promise, label: str, order: str, **only: Any) -> Section:
    """Rows that belong to one of the orders."""

    def rows(person: Person) -> QuerySet:
        return _model(label).filter(**{f"{order}__in": person.orders()}, **only).distinct()

    return Section(name, title, label, rows)


def _mails(person: Person) -> QuerySet:
    """Without mails that open an account: their subject may be the code."""
    found = person.by_user("user") | person.by_email("to")
    return _model("commerce.OutgoingMail").filter(found, is_secret=False)


def _gift_cards(person: Person) -> QuerySet:
    """Those the person bought, and those that were sent to them."""
    own = Q(line__order__in=person.orders())
    return _model("commerce.GiftCard").filter(own | person.by_email("email")).distinct()


def _bought_by_others(person: Person) -> Q:
    return ~Q(line__order__in=person.orders())


def _sign_ins(person: Person) -> QuerySet:
    entries = _model("commerce.AuditEntry").filter(kind=ACCOUNT)
    if person.user_id is None:
        return entries.none()
    return entries.filter(object_id=str(person.user_id))


def _by_staff(person: Person) -> Q:
    """Entries caused by someone else: their network address isn't the person's."""
    return Q(user__isnull=False) & ~person.by_user("user")


SECTIONS = (
    _section("account", _("Account"), "commerce.User", user="pk"),
    _section(
        "marketing_consent",
        _("Consent to advertising"),
        "commerce.MarketingConsent",
        user="user",
    ),
    _section("profile_picture", _("Profile picture"), "commerce.ProfilePicture", user="user"),
    _section("email_addresses", _("Email addresses"), "account.EmailAddress", user="user"),
    _section("second_factors", _("Second factors"), "mfa.Authenticator", user="user"),
    _section("sessions", _("Sessions"), "usersessions.UserSession", user="user"),
    _section(
        "other_services",
        _("Connected services"),
        "socialaccount.SocialAccount",
        user="user",
    ),
    Section(
        "sign_ins",
        _("Sign-ins and other security events"),
        "commerce.AuditEntry",
        _sign_ins,
        {"address": _by_staff},
    ),
    _section("addresses", _("Addresses"), "address.UserAddress", user="user"),
    _of_orders("orders", _("Orders"), "order.Order", "pk"),
    _of_orders("order_lines", _("Order lines"), "order.Line", "order"),
    _of_orders("order_options", _("Order options"), "order.LineAttribute", "line__order"),
    _of_orders("downloads", _("Downloads"), "commerce.Download", "line__order"),
    Section(
        "gift_cards",
        _("Gift cards"),
        "commerce.GiftCard",
        _gift_cards,
        {"line": _bought_by_others},
    ),
    _of_orders("order_discounts", _("Order discounts"), "order.OrderDiscount", "order"),
    _of_orders("order_notes", _("Order notes"), "order.OrderNote", "order"),
    _of_orders("order_statuses", _("Order status changes"), "order.OrderStatusChange", "order"),
    _of_orders("order_history", _("Order history"), "commerce.OrderEvent", "order"),
    _of_orders("billing_addresses", _("Billing addresses"), "order.BillingAddress", "order"),
    _of_orders("delivery_addresses", _("Delivery addresses"), "order.ShippingAddress", "order"),
    _of_orders("parcels", _("Parcels"), "commerce.Shipment", "event__order"),
    _of_orders("payments", _("Payments"), "payment.Source", "order"),
    _of_orders(
        "payment_transactions",
        _("Payment transactions"),
        "payment.Transaction",
        "source__order",
    ),
    _section("bank_cards", _("Bank cards"), "payment.Bankcard", user="user"),
    _of_orders(
        "documents",
        _("Invoices and credit notes"),
        "commerce.CommercialDocument",
        "order",
        kind__in=FOR_CUSTOMERS,
    ),
    _of_orders("order_taxes", _("VAT numbers"), "commerce.OrderTax", "order"),
    _of_orders("returns", _("Returns"), "commerce.ReturnRequest", "order"),
    _of_orders("return_lines", _("Return lines"), "commerce.ReturnLine", "request__order"),
    Section("withdrawals", _("Withdrawals"), "commerce.Withdrawal", Person.withdrawals),
    _section("vouchers_used", _("Vouchers used"), "voucher.VoucherApplication", user="user"),
    _section("baskets", _("Baskets"), "basket.Basket", user="owner"),
    _section("basket_lines", _("Basket lines"), "basket.Line", user="basket__owner"),
    _section(
        "basket_options",
        _("Basket options"),
        "basket.LineAttribute",
        user="line__basket__owner",
    ),
    _section("wish_lists", _("Wish lists"), "wishlists.WishList", user="owner"),
    _section("wish_list_lines", _("Wish list lines"), "wishlists.Line", user="wishlist__owner"),
    _section(
        "wish_list_links", _("Wish list links"), "commerce.WishListLink", user="wishlist__owner"
    ),
    _section(
        "wish_list_shares",
        _("Wish list recipients"),
        "wishlists.WishListSharedEmail",
        user="wishlist__owner",
        email="email",
    ),
    _section(
        "stock_alerts", _("Stock alerts"), "customer.ProductAlert", user="user", email="email"
    ),
    _section("reviews", _("Reviews"), "reviews.ProductReview", user="user", email="email"),
    _section("review_votes", _("Votes on reviews"), "reviews.Vote", user="user"),
    _section("viewed_products", _("Viewed products"), "analytics.UserProductView", user="user"),
    _section("searches", _("Searches"), "analytics.UserSearch", user="user"),
    _section("totals", _("Account totals"), "analytics.UserRecord", user="user"),
    Section("mails", _("Mails"), "commerce.OutgoingMail", _mails),
    _section(
        "account_mails",
        _("Copies of emails in the account"),
        "communication.Email",
        user="user",
        email="email",
    ),
    _section("notifications", _("Notifications"), "communication.Notification", user="recipient"),
)
