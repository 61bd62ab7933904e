"""Sends back-in-stock mails, also for variants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from oscar.apps.customer.alerts.utils import AlertsDispatcher as OscarAlertsDispatcher
from oscar.core.loading import get_model

from commerce.catalogue.product_facts import product_page_url
from commerce.models import User
from commerce.shop_settings.current import current_shop
from commerce.stock.availability import units_left
from commerce.stock.selling import DETAILS, sellable_units, selling_of

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct
    from oscar.apps.customer.abstract_models import AbstractProductAlert


ProductAlert = get_model("customer", "ProductAlert")


def units_to_sell(product: AbstractProduct) -> int:
    """Unreserved units of a product, or of all variants of a parent, that an order can contain."""
    records = get_model("partner", "StockRecord").objects.filter(
        Q(product=product) | Q(product__parent=product, product__is_public=True)
    )
    return sum(
        sellable_units(
            selling_of(record.product), units_left(record.num_in_stock, record.num_allocated)
        )
        for record in records.select_related(*(f"product__{name}" for name in DETAILS))
    )


class AlertsDispatcher(OscarAlertsDispatcher):
    """Oscar's dispatcher, extended from parents and standalone products to variants."""

    def get_queryset(self) -> QuerySet[Any]:
        waiting = ProductAlert.objects.filter(status=ProductAlert.ACTIVE).values("product")
        return get_model("catalogue", "Product").objects.filter(is_public=True, pk__in=waiting)

    def send_alerts_of(self, product_ids: Iterable[int]) -> None:
        """Like ``send_alerts``, for some products only."""
        for product in self.get_queryset().filter(pk__in=product_ids):
            self.send_product_alert_email_for_user(product)

    def send_product_alert_email_for_user(self, product: AbstractProduct) -> None:
        """Send all alerts of a product that is available again.

        Oscar closes all alerts before sending, so a crash in between would lose mails.
        """
        units = units_to_sell(product)
        waiting = product.productalert_set.filter(status=ProductAlert.ACTIVE).order_by("pk")
        keys = list(waiting.values_list("pk", flat=True)) if units else []
        for key in keys:
            self.answer(key, hurry=len(keys) > units)

    @transaction.atomic
    def answer(self, alert_id: int, *, hurry: bool) -> None:
        """Close one alert and queue its mail in one transaction; locks the alert. Idempotent."""
        alert = ProductAlert.objects.select_for_update().get(pk=alert_id)
        if alert.status != ProductAlert.ACTIVE:
            return
        alert.close()
        context = self.get_extra_context_for_alert(alert, hurry)
        messages = self.dispatcher.get_messages(self.PRODUCT_ALERT_EVENT_CODE, context)
        messages = {**messages, "key": f"product-alert:{alert.pk}"}
        if alert.user:
            self.dispatcher.dispatch_user_messages(alert.user, messages)
        else:
            self.dispatcher.dispatch_direct_messages(alert.get_email_address(), messages)

    def ask_to_confirm(self, alert: AbstractProductAlert, *, hour: str) -> None:
        """Mail a confirmation link, at most once per ``hour`` ("2026112109")."""
        code = self.PRODUCT_ALERT_CONFIRMATION_EVENT_CODE
        messages = self.dispatcher.get_messages(code, self.get_extra_context(alert))
        messages = {**messages, "key": f"product-alert-confirm:{alert.pk}:{hour}"}
        self.dispatcher.dispatch_direct_messages(alert.email, messages)

    def get_extra_context(self, alert: AbstractProductAlert) -> dict[str, str]:
        url = settings.SITE_URL
        by_key = {"key": alert.key} if alert.key else None
        return {
            "shop_name": current_shop().name,
            "shop_url": url,
            "title": alert.product.get_title(),
            "page_url": url + product_page_url(alert.product),
            "confirm_url": url + reverse("customer:alerts-confirm", kwargs=by_key)
            if by_key
            else "",
            "cancel_url": url + reverse("customer:alerts-cancel-by-key", kwargs=by_key)
            if by_key
            else "",
        }

    def notify_user_about_product_alert(self, user: User | AnonymousUser, context: Any) -> None:
        """Do nothing: the mail is enough, and the site has no inbox."""
