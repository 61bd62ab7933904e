"""An account's saved cards: list, add without a payment, delete. Card data stays at Stripe."""

import uuid
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable
from checkout_app.gateways.customers import (
    forget_card,
    get_or_create_customer,
    is_card_saved,
    saved_cards,
)
from checkout_app.gateways.registry import takes_cards
from checkout_app.gateways.stripe import get_gateway, publishable_key
from checkout_app.storefront.views import STRIPE_POLICY
from commerce.models import User


@method_decorator(never_cache, name="dispatch")
class CardView(LoginRequiredMixin, View):
    """For signed-in shoppers, in a shop that saves cards."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.SAVED_CARDS or not takes_cards():
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class CardsView(CardView):
    """The saved cards, and a form for another one. POST ``forget`` deletes a card."""

    @method_decorator(csp_update(STRIPE_POLICY if settings.STRIPE_SECRET_KEY else {}))
    def get(self, request: HttpRequest) -> HttpResponse:
        if "setup_intent" in request.GET:  # the return from adding a card
            self.report_setup(request, request.GET["setup_intent"])
            return redirect("account-cards")
        cards, is_down = [], False
        try:
            cards = saved_cards(account_of(request))
        except (GatewayUnavailable, GatewayRefused):
            is_down = True
        context = {
            "cards": cards,
            "is_down": is_down,
            "page_title": _("Payment cards"),
            "publishable_key": publishable_key(),
            "is_live_element": bool(settings.STRIPE_SECRET_KEY),
            "return_url": request.build_absolute_uri(reverse("account-cards")),
        }
        return render(request, "checkout/cards.html", context)

    @staticmethod
    def report_setup(request: HttpRequest, setup_id: str) -> None:
        """Say whether the card was saved. The gateway decides, not the address of the page."""
        try:
            is_saved = is_card_saved(account_of(request), setup_id)
        except GatewayUnavailable:
            text = _(
                "The payment provider isn’t responding, so we can’t tell whether your card was "
                "saved. Please check again later."
            )
            messages.warning(request, text)
            return
        if is_saved:
            messages.success(request, _("Your card was saved."))
        else:
            messages.error(request, _("Your card wasn’t saved. Please try again."))

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            if forget_card(account_of(request), request.POST.get("forget", "")):
                messages.success(request, _("Your card was deleted."))
            else:
                messages.warning(request, _("This card was already deleted."))
        except (GatewayUnavailable, GatewayRefused):
            messages.error(request, _("The payment provider isn’t responding. Please try again."))
        return redirect("account-cards")


class SecretView(CardView):
    """Returns JSON with a secret for the element: ``client_secret``, or ``error`` for the shopper."""

    http_method_names = ["post"]

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]
        return JsonResponse({"error": _("Please sign in again.")}, status=401)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            secret = self.secret_for(get_or_create_customer(account_of(request)))
        except (GatewayUnavailable, GatewayRefused):
            text = _("The payment provider isn’t responding. Please try again.")
            return JsonResponse({"error": text}, status=503)
        return JsonResponse({"client_secret": secret})

    def secret_for(self, customer: str) -> str:
        """The secret for a customer id, which may be ""."""
        raise NotImplementedError


class CardSessionView(SecretView):
    """The secret with which the payment page's element shows the account's cards."""

    def secret_for(self, customer: str) -> str:
        return get_gateway().customer_session(customer) if customer else ""


class NewCardView(SecretView):
    """The secret with which the element saves a card without a payment."""

    def secret_for(self, customer: str) -> str:
        if not customer:
            raise GatewayRefused("no customer")
        return get_gateway().setup_intent(key=f"setup:{uuid.uuid4().hex}", customer=customer)


def account_of(request: HttpRequest) -> User:
    """The signed-in user, whom LoginRequiredMixin has checked."""
    return cast(User, request.user)
