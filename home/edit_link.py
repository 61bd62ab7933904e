"""Where signed-in staff edit what a page of the shop shows.

A plain link: Wagtail's own bar builds style elements and functions in the browser, which the policy
for shoppers' pages refuses, and brings a megabyte of scripts.
"""

from django.urls import reverse
from django.utils.translation import gettext as _
from oscar.core.loading import get_model
from wagtail.models import Page

from home.links import Link


def staff_link(user, shown):
    """The ``Link`` for a member of staff, or None where there is nothing that they may change.

    ``shown`` is a page of Wagtail's or a product; anything else is nobody's.
    """
    if isinstance(shown, Page) and shown.pk and shown.permissions_for_user(user).can_edit():
        return Link(_("Edit this page"), reverse("wagtailadmin_pages:edit", args=[shown.pk]))
    is_product = isinstance(shown, get_model("catalogue", "Product"))
    if is_product and user.has_perm("catalogue.change_product"):
        url = reverse("dashboard:catalogue-product", kwargs={"pk": shown.pk})
        return Link(_("Edit in the dashboard"), url)
    return None
