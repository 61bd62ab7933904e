"""Links for signed-in staff to the editor of what a page of the shop shows.

A plain link, not Wagtail's user bar: the bar builds style elements and functions in the browser, which
the content security policy of shop pages blocks, and loads a megabyte of scripts.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _
from oscar.core.loading import get_model
from wagtail.models import Page

from commerce.models import User
from home.links import Link


def edit_link(user: User | AnonymousUser, shown: Any) -> Link | None:
    """The link to the editor of a Wagtail page or a product; None if the user may not edit it.

    Also None where ``shown`` is anything else.
    """
    if isinstance(shown, Page) and shown.pk and shown.permissions_for_user(user).can_edit():
        return Link(_("Edit this page"), reverse("wagtailadmin_pages:edit", args=[shown.pk]))
    if isinstance(shown, get_model("catalogue", "Product")):
        url = _product_url(user, shown.pk)
        return Link(_("Edit in the dashboard"), url) if url else None
    return None


class ProductURLFinder:
    """Tells Wagtail where products are edited: in the dashboard."""

    def __init__(self, user: User | AnonymousUser | None) -> None:
        self.user = user

    def get_edit_url(self, instance: Any) -> str | None:
        return _product_url(self.user, instance.pk)


def _product_url(user: User | AnonymousUser | None, pk: int) -> str | None:
    if not user or not user.has_perm("catalogue.change_product"):
        return None
    return reverse("dashboard:catalogue-product", kwargs={"pk": pk})
