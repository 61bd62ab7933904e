"""What the demo element in the browser calls. The client secret is the only key, as at Stripe."""

import json

from django.http import JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from demo_gateway import cards
from demo_gateway.in_use import require_demo_gateway
from demo_gateway.refusal import Refused


@method_decorator(csrf_exempt, name="dispatch")
class BrowserView(View):
    """Reads a JSON body and answers the intent, or Stripe's error object with its status."""

    http_method_names = ["post"]

    def dispatch(self, request, *args, **kwargs):
        require_demo_gateway()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, intent_id):
        try:
            data = json.loads(request.body)
            body = self.act(intent_id, data)
        except Refused as refusal:
            return JsonResponse(refusal.body, status=refusal.status)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            error = {"type": "invalid_request_error", "message": "The request is incomplete."}
            return JsonResponse({"error": error}, status=400)
        return JsonResponse(body)


class ConfirmView(BrowserView):
    def act(self, intent_id, data):
        return cards.confirm(
            intent_id,
            client_secret=str(data["client_secret"]),
            saved_card=str(data.get("saved_card") or "")[:64],
            keeps=data.get("keeps") is True,
            **({} if data.get("saved_card") else _card(data)),
        )


class ConfirmSetupView(BrowserView):
    def act(self, intent_id, data):
        secret = str(data["client_secret"])
        return cards.confirm_setup(intent_id, client_secret=secret, **_card(data))


class SavedCardsView(BrowserView):
    """The cards of an account, for the secret of its session."""

    def act(self, intent_id, data):
        return {"cards": cards.session_cards(str(data["session"]))}


class AuthenticateView(BrowserView):
    def act(self, intent_id, data):
        return cards.authenticate(
            intent_id, client_secret=str(data["client_secret"]), passed=data["passed"] is True
        )


def _card(data):
    return {
        "number": str(data["number"])[:40],
        "expiry": (int(data["exp_month"]), int(data["exp_year"])),
    }
