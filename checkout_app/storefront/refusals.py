"""Messages and responses for the payment form if an order cannot be placed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout_app.exceptions import OrderChanged, TotalChanged
from commerce.exceptions import OutOfStock, Shortage
from commerce.money import format_money

#: The pages on which a shopper can fix an order, and the texts of the links to them.
FIXES = {
    "basket:summary": gettext_lazy("Go to your basket"),
    "checkout:shipping-method": gettext_lazy("Choose a delivery method"),
    "checkout:payment-details": gettext_lazy("Load this page again"),
}


def refuse(
    request: HttpRequest, text: str, page: str, status: int = 409, **facts: object
) -> HttpResponse:
    """For scripts JSON with the error to show, and a link to the page of ``FIXES`` that fixes it.

    Without scripts, that page with the error.
    """
    if not is_script(request):
        messages.error(request, text)
        return redirect(page)
    link = {"href": reverse(page), "label": FIXES[page]}
    return JsonResponse({"error": text, **link, **facts}, status=status)


def is_script(request: HttpRequest) -> bool:
    """Whether the request is of the payment form's script."""
    return "application/json" in request.headers.get("Accept", "")


def order_changed_text(error: OrderChanged) -> str:
    """The message for an order that differs from what was shown, with all that changed."""
    return _("Your order has changed: %(what)s Please check it. You haven’t been charged.") % {
        "what": " ".join(error.changes)
    }


def shortage_text(error: OutOfStock) -> str:
    """The message for items that are out of stock or short."""
    return _("Your basket has changed: %(what)s. You haven’t been charged.") % {
        "what": ", ".join(map(_text_of, error.items))
    }


def _text_of(item: Shortage) -> str:
    if item.missing and not item.available:
        text = _("%(title)s is sold out (missing: %(missing)s)")
    elif item.missing:
        text = _("only %(available)d of %(title)s left (too few: %(missing)s)")
    elif item.bundles and not item.available:
        text = _("%(title)s is sold out, also for %(bundles)s")
    elif item.bundles:
        text = _("only %(available)d of %(title)s left, including those for %(bundles)s")
    elif not item.available:
        text = _("%(title)s is sold out")
    else:
        text = _("only %(available)d of %(title)s left")
    return text % {
        "title": item.title,
        "available": item.available,
        "missing": "; ".join(item.missing),
        "bundles": "; ".join(item.bundles),
    }


def total_changed_text(error: TotalChanged, currency: str) -> str:
    """The message for a total that differs from the one shown."""
    if error.reason:
        return _("%(reason)s Please check the total again. You haven’t been charged.") % {
            "reason": error.reason
        }
    if error.total is None:
        return _("The price of your basket has changed. Please check it again.")
    return _("The total is now %(total)s. Please check it. You haven’t been charged.") % {
        "total": format_money(error.total, currency)
    }
