"""The dashboard's page "Needs a person". Anybody of the staff opens it and sees what is theirs."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout_app.dashboard.work_queue import KINDS, sections_for, settle_matter
from checkout_app.exceptions import (
    CaptureRefused,
    GatewayRefused,
    GatewayUnavailable,
    RefundRefused,
)
from commerce.exceptions import IllegalMove


def may_look(user):
    """Whether there is a kind of matter that this person may see."""
    return user.is_staff and any(user.has_perm(kind.view) for kind in KINDS)


@require_http_methods(["GET", "HEAD", "POST"])
def attention(request):
    """List what waits; POST ``kind`` and ``key`` to settle one of them."""
    if not request.user.is_authenticated:
        return redirect("dashboard:login")
    if not may_look(request.user):
        raise PermissionDenied
    if request.method == "POST":
        settle(request)
        return redirect("attention")
    return render(request, "checkout/attention/page.html", {"sections": sections_for(request.user)})


def settle(request):
    """Do what the button says, and say what came of it."""
    code, key = request.POST.get("kind", ""), request.POST.get("key", "")
    try:
        was_done = settle_matter(code, key, user=request.user)
    except (GatewayUnavailable, GatewayRefused) as error:
        messages.error(
            request, _("The payment service refused: %(reason)s") % {"reason": str(error)}
        )
    except (RefundRefused, CaptureRefused, IllegalMove) as error:
        messages.error(request, str(error))
    else:
        if was_done:
            messages.success(request, _("Done. If it stays in the list, it failed again."))
        else:
            messages.warning(request, _("Somebody else has seen to it already."))
