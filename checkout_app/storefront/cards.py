"""The account's cards: listed, added without a payment, taken away. All of it stands at Stripe."""

import uuid

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from checkout_app.exceptions import GatewayRefused, GatewayUnavailable
from checkout_app.gateways.customers import forget_card, get_or_create_customer, saved_cards
from checkout_app.gateways.registry import takes_cards
from checkout_app.gateways.stripe import get_gateway, publishable_key
from checkout_app.storefront.views import STRIPE_POLICY


@method_decorator(never_cache, name="dispatch")
class CardView(LoginRequiredMixin, View):
    """For whoever is signed in, in a shop that lets accounts keep cards."""

    def dispatch(self, request, *args, **kwargs):
        if not settings.SAVED_CARDS or not takes_cards():
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class CardsView(CardView):
    """The cards, and the element for another one. POST ``forget`` takes one away."""

    @method_decorator(csp_update(STRIPE_POLICY if settings.STRIPE_SECRET_KEY else {}))
    def get(self, request):
        cards, is_down = [], False
        try:
            cards = saved_cards(request.user)
        except (GatewayUnavailable, GatewayRefused):
            is_down = True
        if "setup_intent" in request.GET:  # Back from the bank, with words nobody needs to keep.
            messages.success(request, _("The card is kept for next time."))
            return redirect("account-cards")
        context = {
            "cards": cards,
            "is_down": is_down,
            "page_title": _("Payment cards"),
            "publishable_key": publishable_key(),
            "is_live_element": bool(settings.STRIPE_SECRET_KEY),
            "return_url": request.build_absolute_uri(reverse("account-cards")),
        }
        return render(request, "checkout/cards.html", context)

    def post(self, request):
        try:
            if forget_card(request.user, request.POST.get("forget", "")):
                messages.success(request, _("The card is forgotten."))
            else:
                messages.warning(request, _("This card was taken away already."))
        except (GatewayUnavailable, GatewayRefused):
            messages.error(request, _("The payment service does not answer. Please try again."))
        return redirect("account-cards")


class SecretView(CardView):
    """Answers JSON with a secret for the element: ``client_secret``, or ``error`` in plain words."""

    http_method_names = ["post"]

    def handle_no_permission(self):
        return JsonResponse({"error": _("Please sign in again.")}, status=401)

    def post(self, request):
        try:
            secret = self.secret_for(get_or_create_customer(request.user))
        except (GatewayUnavailable, GatewayRefused):
            text = _("The payment service does not answer. Please try again.")
            return JsonResponse({"error": text}, status=503)
        return JsonResponse({"client_secret": secret})


class CardSessionView(SecretView):
    """With its secret the payment page's element shows the account's cards."""

    def secret_for(self, customer):
        return get_gateway().customer_session(customer) if customer else ""


class NewCardView(SecretView):
    """With its secret the element keeps a card without a payment."""

    def secret_for(self, customer):
        if not customer:
            raise GatewayRefused("no customer")
        return get_gateway().setup_intent(key=f"setup:{uuid.uuid4().hex}", customer=customer)
