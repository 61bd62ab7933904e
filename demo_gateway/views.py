"""Endpoints for the demo element in the browser. The client secret authorises, as at Stripe."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from demo_gateway import cards
from demo_gateway.in_use import require_demo_gateway
from demo_gateway.refusal import Refused
from demo_gateway.types import Body


@method_decorator(csrf_exempt, name="dispatch")
class BrowserView(View):
    """Parses a JSON body and returns the result of ``act``, or Stripe's error object."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_demo_gateway()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, intent_id: str) -> HttpResponse:
        try:
            data = json.loads(request.body)
            body = self.act(intent_id, data)
        except Refused as refusal:
            return JsonResponse(refusal.body, status=refusal.status)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            error = {"type": "invalid_request_error", "message": "The request is incomplete."}
            return JsonResponse({"error": error}, status=400)
        return JsonResponse(body)

    def act(self, intent_id: str, data: Body) -> Body:
        """Act on an intent with the request's data. Raises Refused."""
        raise NotImplementedError


class ConfirmView(BrowserView):
    def act(self, intent_id: str, data: Body) -> Body:
        return cards.confirm(
            intent_id,
            client_secret=str(data["client_secret"]),
            saved_card=str(data.get("saved_card") or "")[:64],
            save=data.get("save") is True,
            **({} if data.get("saved_card") else _card(data)),
        )


class ConfirmSetupView(BrowserView):
    def act(self, intent_id: str, data: Body) -> Body:
        secret = str(data["client_secret"])
        return cards.confirm_setup(intent_id, client_secret=secret, **_card(data))


class SavedCardsView(BrowserView):
    """The saved cards of a customer, for the secret of its session."""

    def act(self, intent_id: str, data: Body) -> Body:
        return {"cards": cards.session_cards(str(data["session"]))}


class AuthenticateView(BrowserView):
    def act(self, intent_id: str, data: Body) -> Body:
        return cards.authenticate(
            intent_id, client_secret=str(data["client_secret"]), passed=data["passed"] is True
        )


def _card(data: Body) -> Body:
    return {
        "number": str(data["number"])[:40],
        "expiry": (int(data["exp_month"]), int(data["exp_year"])),
    }
