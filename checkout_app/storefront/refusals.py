"""What the payment form is told when an order cannot be written, in plain words."""

from django.http import JsonResponse
from django.utils.translation import gettext as _

from commerce.money import format_money


def refuse(text, href, status=409):
    """A refusal that the payment form shows in its place."""
    return JsonResponse({"error": text, "href": href}, status=status)


def shortage_text(error):
    """Which pieces are short, and by how much."""
    parts = [
        _("%(title)s is sold out") % {"title": item.title}
        if item.available == 0
        else _("of %(title)s only %(available)d are left")
        % {"title": item.title, "available": item.available}
        for item in error.items
    ]
    return _("Somebody was faster: %(what)s. Nothing was charged.") % {"what": ", ".join(parts)}


def total_changed_text(error, currency):
    """That the total is another one now."""
    if error.reason:
        return _("%(reason)s Please look at the total again; nothing was charged.") % {
            "reason": error.reason
        }
    if error.total is None:
        return _("The price of your basket has changed. Please look at it again.")
    return _("The total is now %(total)s. Please look at it again; nothing was charged.") % {
        "total": format_money(error.total, currency)
    }
