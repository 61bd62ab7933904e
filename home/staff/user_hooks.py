"""What happens when the Wagtail admin creates, deletes or bulk-edits users."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from commerce.accounts.invitations import invite
from commerce.models import User
from home.staff.people import require_superuser_for, set_active

ERASURE_NOTICE = _(
    "Delete people here, with their personal data. Records that the law requires the shop to keep "
    "stay without the person's name."
)


def invite_new_user(request: HttpRequest, user: User) -> None:
    """Mail the new account a link to set its password: it has none yet."""
    invite(request, user)
    messages.success(request, _("A link to choose a password is on its way to %s.") % user.email)


def erase_instead_of_deleting(request: HttpRequest, user: Model) -> HttpResponse:
    """Redirect to the erasure page: deleting the row alone would leave personal data behind."""
    messages.info(request, ERASURE_NOTICE)
    return redirect("staff-user-privacy", pk=user.pk)


def erase_one_by_one(
    request: HttpRequest, action_type: str, objects: list[Model], action: Any
) -> HttpResponse | None:
    """Redirect a bulk deletion of users: each erasure is confirmed on its own page."""
    if action_type != "delete" or not issubclass(action.model, get_user_model()) or not objects:
        return None
    if len(objects) == 1:
        return erase_instead_of_deleting(request, objects[0])
    messages.info(
        request, _("Delete people one by one. Each deletion is confirmed on its own page.")
    )
    return redirect("wagtailusers_users:index")


def check_bulk_action(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> None:
    """Add the permission check and the audit log that Wagtail's bulk actions on users lack.

    Raises PermissionDenied where a user who is not a superuser selects a superuser. Wagtail changes
    ``is_active`` with ``update()``, which the audit log does not see; this saves each row first, and
    Wagtail's update then changes nothing.
    """
    if not issubclass(action.model, get_user_model()):
        return
    require_superuser_for(request, objects)
    if action_type == "set_active_state":
        is_active = action.cleaned_form.cleaned_data["mark_as_active"]
        set_active(request, objects, is_active=is_active)
