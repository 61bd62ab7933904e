"""A page of the dashboard for development: what a network, a bank and a tired gateway may do.

Open to superusers where the demo gateway is in use; elsewhere it is not there.
"""

from django.contrib import messages
from django.contrib.auth.mixins import UserPassesTestMixin
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from commerce.requests import key_in
from demo_gateway import after, events, faults
from demo_gateway.in_use import require_demo_gateway
from demo_gateway.models import DemoCharge, DemoEvent, DemoFault, DemoIntent
from demo_gateway.refusal import Refused

#: Rows of each list.
SHOWN = 25
#: A delay that a person can see and a time-out does not end.
LONGEST_DELAY = 60.0

NAMES = {
    faults.DROP: gettext_lazy("The answer is lost after the effect"),
    faults.ERROR: gettext_lazy("The gateway answers with an error of its own"),
    faults.UNREACHABLE: gettext_lazy("The gateway cannot be reached"),
    faults.DELAY: gettext_lazy("The answer takes its time"),
    faults.REVOKED: gettext_lazy("The gateway does not accept the keys"),
    faults.HOLD: gettext_lazy("Webhooks are kept back"),
    faults.DUPLICATE: gettext_lazy("Each webhook is delivered twice"),
    faults.REORDER: gettext_lazy("Webhooks are delivered later, the newest first"),
}


class FaultsView(UserPassesTestMixin, View):
    """Set and clear faults, do what others may do to a payment, deliver an event again."""

    def test_func(self):
        return self.request.user.is_superuser

    def dispatch(self, request, *args, **kwargs):
        require_demo_gateway()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
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

    def post(self, request):
        acts = {
            "set": self.set_fault,
            "clear": lambda _data: faults.clear_faults(),
            "refund": lambda data: after.refund_in_dashboard(data["key"]),
            "dispute": lambda data: after.dispute(data["key"]),
            "lose": lambda data: after.end_dispute(data["key"], "lost"),
            "win": lambda data: after.end_dispute(data["key"], "won"),
            "end-hold": lambda data: after.expire_authorisation(data["key"]),
            "deliver": lambda data: events.replay(key_in(data["key"])),
            "deliver-all": lambda _data: events.deliver_waiting(),
        }
        act = acts.get(request.POST.get("act", ""))
        try:
            if act is None:
                raise ValueError(_("Choose what is to happen."))
            act(request.POST)
            messages.success(request, _("Done."))
        except (Refused, ValueError, KeyError, DemoCharge.DoesNotExist) as error:
            messages.error(request, str(error))
        return redirect("demo-faults")

    @staticmethod
    def set_fault(data):
        seconds = min(max(float(data.get("seconds") or 0), 0.0), LONGEST_DELAY)
        name = data.get("fault", "")
        is_lasting = "is_lasting" in data or name in faults.WEBHOOK_FAULTS
        faults.set_fault(name, seconds=seconds, is_lasting=is_lasting)
