"""The dashboard page "Needs attention". Staff see the sections that they may view."""

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout_app.dashboard.work_queue import KINDS, resolve_item, sections_for
from checkout_app.exceptions import (
    CaptureRefused,
    GatewayRefused,
    GatewayUnavailable,
    RefundRefused,
)
from commerce.accounts.reauthentication import require_recent_sign_in
from commerce.exceptions import DispatchRefused, IllegalMove
from commerce.models import User


def has_sections(user: User | AnonymousUser) -> bool:
    """Whether the user may view any section."""
    return user.is_staff and any(user.has_perm(kind.view) for kind in KINDS)


@require_http_methods(["GET", "HEAD", "POST"])
def work_queue(request: HttpRequest) -> HttpResponse:
    """List the work queue. POST ``kind`` and ``key`` to resolve an item."""
    if not request.user.is_authenticated:
        return redirect("dashboard:login")
    if not has_sections(request.user):
        raise PermissionDenied
    if request.method == "POST":
        resolve(request)
        return redirect("attention")
    return render(
        request, "checkout/work_queue/page.html", {"sections": sections_for(request.user)}
    )


def resolve(request: HttpRequest) -> None:
    """Resolve the posted item and report the result."""
    code, key = request.POST.get("kind", ""), request.POST.get("key", "")
    if any(kind.code == code and kind.sends_money for kind in KINDS):
        require_recent_sign_in(request)
    try:
        was_done = resolve_item(code, key, user=request.user)
    except (GatewayUnavailable, GatewayRefused) as error:
        messages.error(
            request, _("The payment provider refused: %(reason)s") % {"reason": str(error)}
        )
    except (RefundRefused, CaptureRefused, DispatchRefused, IllegalMove) as error:
        messages.error(request, str(error))
    else:
        if was_done:
            messages.success(request, _("Done. If it stays in the list, it failed again."))
        else:
            messages.warning(request, _("Someone else has already done this."))
