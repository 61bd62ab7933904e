"""Which rows of ``commerce`` and its libraries an export has, for an account and for a guest."""

from collections.abc import Callable

from django.db.models import Q, QuerySet
from oscar.core.loading import get_model

from commerce.documents import FOR_CUSTOMERS
from commerce.privacy.parts import Section
from commerce.privacy.people import Person

Rows = Callable[[Person], QuerySet]


def _model(label):
    return get_model(*label.split("."))._base_manager


def _section(name: str, label: str, *, user: str = "", email: str = "") -> Section:
    """Rows whose field ``user`` is the account, or whose field ``email`` is one of the addresses."""

    def rows(person: Person) -> QuerySet:
        found = Q(pk__in=[])
        if user:
            found |= person.by_user(user)
        if email:
            found |= person.by_email(email)
        return _model(label).filter(found).distinct()

    return Section(name, label, rows)


def _of_orders(name: str, label: str, order: str, **only) -> Section:
    """Rows that belong to one of the orders."""

    def rows(person: Person) -> QuerySet:
        return _model(label).filter(**{f"{order}__in": person.orders()}, **only).distinct()

    return Section(name, label, rows)


def _mails(person: Person) -> QuerySet:
    """Without those that open an account: their subject may be the code."""
    found = person.by_user("user") | person.by_email("to")
    return _model("commerce.OutgoingMail").filter(found, is_secret=False)


def _sign_ins(person: Person) -> QuerySet:
    entries = _model("commerce.AuditEntry").filter(kind="door")
    if person.user is None:
        return entries.none()
    return entries.filter(object_id=str(person.user_id))


SECTIONS = (
    _section("account", "commerce.User", user="pk"),
    _section("profile_picture", "commerce.ProfilePicture", user="user"),
    _section("email_addresses", "account.EmailAddress", user="user"),
    _section("second_factors", "mfa.Authenticator", user="user"),
    _section("sessions", "usersessions.UserSession", user="user"),
    _section("other_services", "socialaccount.SocialAccount", user="user"),
    Section("sign_ins", "commerce.AuditEntry", _sign_ins),
    _section("addresses", "address.UserAddress", user="user"),
    _of_orders("orders", "order.Order", "pk"),
    _of_orders("order_lines", "order.Line", "order"),
    _of_orders("order_options", "order.LineAttribute", "line__order"),
    _of_orders("order_discounts", "order.OrderDiscount", "order"),
    _of_orders("order_notes", "order.OrderNote", "order"),
    _of_orders("order_statuses", "order.OrderStatusChange", "order"),
    _of_orders("order_history", "commerce.OrderEvent", "order"),
    _of_orders("billing_addresses", "order.BillingAddress", "order"),
    _of_orders("delivery_addresses", "order.ShippingAddress", "order"),
    _of_orders("parcels", "commerce.Shipment", "event__order"),
    _of_orders("payments", "payment.Source", "order"),
    _of_orders("payment_transactions", "payment.Transaction", "source__order"),
    _section("bank_cards", "payment.Bankcard", user="user"),
    _of_orders("documents", "commerce.CommercialDocument", "order", kind__in=FOR_CUSTOMERS),
    _of_orders("returns", "commerce.ReturnRequest", "order"),
    _of_orders("return_lines", "commerce.ReturnLine", "request__order"),
    Section("withdrawals", "commerce.Withdrawal", Person.withdrawals),
    _section("vouchers_used", "voucher.VoucherApplication", user="user"),
    _section("baskets", "basket.Basket", user="owner"),
    _section("basket_lines", "basket.Line", user="basket__owner"),
    _section("basket_options", "basket.LineAttribute", user="line__basket__owner"),
    _section("wish_lists", "wishlists.WishList", user="owner"),
    _section("wish_list_lines", "wishlists.Line", user="wishlist__owner"),
    _section("wish_list_links", "commerce.WishListLink", user="wishlist__owner"),
    _section(
        "wish_list_shares", "wishlists.WishListSharedEmail", user="wishlist__owner", email="email"
    ),
    _section("stock_alerts", "customer.ProductAlert", user="user", email="email"),
    _section("reviews", "reviews.ProductReview", user="user", email="email"),
    _section("review_votes", "reviews.Vote", user="user"),
    _section("viewed_products", "analytics.UserProductView", user="user"),
    _section("searches", "analytics.UserSearch", user="user"),
    _section("totals", "analytics.UserRecord", user="user"),
    Section("mails", "commerce.OutgoingMail", _mails),
    _section("account_mails", "communication.Email", user="user", email="email"),
    _section("notifications", "communication.Notification", user="recipient"),
)
