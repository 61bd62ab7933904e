"""The fault simulator: a dashboard page that makes the network, the bank or the gateway fail.

For superusers, and only if the demo gateway is in use; otherwise it is a 404.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import UserPassesTestMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from commerce.requests import parse_pk
from demo_gateway import events, faults, post_payment
from demo_gateway.in_use import require_demo_gateway
from demo_gateway.models import DemoCharge, DemoEvent, DemoFault, DemoIntent
from demo_gateway.refusal import Refused

#: Rows per list.
SHOWN = 25
#: The longest delay in seconds.
LONGEST_DELAY = 60.0

NAMES = {
    faults.DROP: gettext_lazy("The response is lost after the request took effect"),
    faults.ERROR: gettext_lazy("The gateway returns an internal error"),
    faults.UNREACHABLE: gettext_lazy("The gateway can’t be reached"),
    faults.DELAY: gettext_lazy("The response is delayed"),
    faults.REVOKED: gettext_lazy("The gateway rejects the API keys"),
    faults.HOLD: gettext_lazy("Webhooks are held back"),
    faults.DUPLICATE: gettext_lazy("Every webhook is delivered twice"),
    faults.REORDER: gettext_lazy("Webhooks are delivered late, newest first"),
}


class FaultsView(UserPassesTestMixin, View):
    """Set and clear faults, act as the bank or the gateway's dashboard, and redeliver events."""

    def test_func(self) -> bool:
        return self.request.user.is_superuser

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_demo_gateway()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        planned = [(row, NAMES.get(row.name, row.name)) for row in DemoFault.objects.order_by("pk")]
        context = {
            "request_faults": [(name, NAMES[name]) for name in faults.REQUEST_FAULTS],
            "webhook_faults": [(name, NAMES[name]) for name in faults.WEBHOOK_FAULTS],
            "planned": planned,
            "intents": DemoIntent.objects.order_by("-pk")[:SHOWN],
            "disputes": DemoCharge.objects.filter(object_id__startswith="du_").order_by("-pk")[
                :SHOWN
            ],
            "events": DemoEvent.objects.order_by("-pk")[:SHOWN],
        }
        return render(request, "checkout/demo_gateway/faults.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        actions: dict[str, Callable[[dict[str, str]], object]] = {
            "set": self.set_fault,
            "clear": lambda _data: faults.clear_faults(),
            "refund": lambda data: post_payment.refund_in_dashboard(data["key"]),
            "dispute": lambda data: post_payment.dispute(data["key"]),
            "lose": lambda data: post_payment.end_dispute(data["key"], "lost"),
            "win": lambda data: post_payment.end_dispute(data["key"], "won"),
            "end-hold": lambda data: post_payment.expire_authorisation(data["key"]),
            "deliver": lambda data: events.replay(parse_pk(data["key"]) or 0),
            "deliver-all": lambda _data: events.deliver_waiting(),
        }
        action = actions.get(request.POST.get("act", ""))
        try:
            if action is None:
                raise ValueError(_("Choose an action."))
            action(request.POST.dict())
            messages.success(request, _("Done."))
        except (Refused, ValueError, KeyError, DemoCharge.DoesNotExist) as error:
            messages.error(request, str(error))
        return redirect("demo-faults")

    @staticmethod
    def set_fault(data: dict[str, str]) -> None:
        seconds = min(max(float(data.get("seconds") or 0), 0.0), LONGEST_DELAY)
        name = data.get("fault", "")
        is_lasting = "is_lasting" in data or name in faults.WEBHOOK_FAULTS
        faults.set_fault(name, seconds=seconds, is_lasting=is_lasting)
