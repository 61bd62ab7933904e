"""Account pages. Sign-in, email address and password are handled by allauth (see apps.py)."""

from collections.abc import Iterable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import generic
from oscar.apps.customer import views as oscar_views
from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder
from oscar.core.loading import get_model

from commerce.accounts.mails import account_messages
from commerce.accounts.pictures import picture_name
from commerce.actor import signed_in_user
from commerce.addresses.forms import is_update, typed_fields
from commerce.basket.reorder import reorder_lines, reorder_messages
from commerce.digital.summary import digital_goods_of
from commerce.documents.links import links_for_customer
from commerce.mail.outbox import queue_last_mail
from commerce.models import User
from commerce.orders.order_summary import order_rows, steps_of
from commerce.orders.shipments import parcels_of
from commerce.privacy.erasure import ErasureBlocked, blocking_orders, erase, reasons_against_erasure
from commerce.privacy.orders import retention_years
from commerce.privacy.people import person_of
from commerce.returns.returns import return_offer
from commerce.storefront.account_forms import AddressForm, ConfirmDeletionForm, ProfileForm
from commerce.storefront.guest_orders import TOO_OLD

UserAddress = get_model("address", "UserAddress")
LATEST_ORDERS = 3
#: The most orders listed when a deletion is refused.
MOST_NAMED = 10


class AccountSummaryView(generic.TemplateView):
    """The account's home page: latest orders, default address, links."""

    template_name = "oscar/customer/summary.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        orders = user.orders.order_by("-date_placed")
        return super().get_context_data(
            rows=order_rows(orders[:LATEST_ORDERS]),
            order_count=orders.count(),
            address=user.addresses.order_by(
                "-is_default_for_shipping", "-num_orders_as_shipping_address"
            ).first(),
            **kwargs,
        )


class ProfileView(generic.RedirectView):
    pattern_name = "customer:profile-update"


class ProfileUpdateView(generic.UpdateView):
    form_class = ProfileForm
    template_name = "oscar/customer/profile/profile_form.html"
    success_url = reverse_lazy("customer:profile-update")

    def get_object(self, queryset: QuerySet | None = None) -> User:
        return signed_in_user(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            picture=picture_name(signed_in_user(self.request)), **kwargs
        )

    def form_valid(self, form: ModelForm) -> HttpResponse:
        messages.success(self.request, _("Your details are saved."))
        return super().form_valid(form)


@method_decorator(reauthentication_required, name="dispatch")
class ProfileDeleteView(generic.FormView):
    """Erases the signed-in user after a recent sign-in (see commerce.privacy.erasure)."""

    form_class = ConfirmDeletionForm
    template_name = "oscar/customer/profile/profile_delete.html"
    success_url = "/"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = person_of(self.request.user)
        reasons = reasons_against_erasure(person)
        return super().get_context_data(
            reasons=reasons,
            orders=blocking_orders(person)[:MOST_NAMED] if reasons else (),
            books_years=retention_years(),
            **kwargs,
        )

    def form_valid(self, form: Form) -> HttpResponse:
        email = self.request.user.email
        try:
            erase(person_of(self.request.user))
        except ErasureBlocked as error:
            form.add_error(None, error.reasons)
            return self.form_invalid(form)
        queue_last_mail(to=email, **account_messages("account_deleted", {}))
        # The account is gone, so its sign-out can't be logged.
        self.request.user = AnonymousUser()
        logout(self.request)
        messages.success(self.request, _("Your account is deleted."))
        return HttpResponseRedirect(self.get_success_url())


class OrderHistoryView(oscar_views.OrderHistoryView):
    template_name = "oscar/customer/order/order_list.html"

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().order_by("-date_placed")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "rows": order_rows(context["orders"])}


def order_again(
    request: HttpRequest, lines: Iterable[AbstractLine], *, order_number: str
) -> HttpResponse:
    """Add order lines to the basket and report the outcome; back to the order if nothing was added."""
    done = reorder_lines(lines, request.basket)
    good, bad = reorder_messages(done)
    if good:
        messages.success(request, good)
    if bad:
        messages.warning(request, bad)
    if done.is_anything_there:
        return redirect("basket:summary")
    return redirect("customer:order", order_number=order_number)


class OrderDetailView(oscar_views.OrderDetailView):
    def do_reorder(self, order: AbstractOrder) -> None:
        lines = order.lines.order_by("pk")
        self.response = order_again(self.request, lines, order_number=order.number)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order = self.object
        return super().get_context_data(
            row=order_rows([order])[0],
            steps=steps_of(order),
            parcels=parcels_of(order),
            documents=links_for_customer(order),
            returns=return_offer(order),
            digital=digital_goods_of(order),
            **kwargs,
        )


class OrderLineView(oscar_views.OrderLineView):
    """Orders one line again. There is no page for a single line."""

    http_method_names = ["post"]

    def do_reorder(self, line: AbstractLine) -> None:
        self.response = order_again(self.request, [line], order_number=line.order.number)


class AnonymousOrderDetailView(generic.RedirectView):
    """Redirects Oscar's links to guest orders, which never expire, to the order search."""

    pattern_name = "find-order"

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str | None:
        messages.info(self.request, TOO_OLD)
        return super().get_redirect_url()


class AnonymousOrderFormView(AnonymousOrderDetailView):
    """The page on which Oscar asks for the address: replaced likewise."""


class AddressFormMixin:
    """Shows the form again for another country, with what was typed and without errors."""

    form_class = AddressForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_update(request.POST):
            return super().post(request, *args, **kwargs)
        self.object = self.get_object() if "pk" in self.kwargs else None
        form = AddressForm(request.user, initial=typed_fields(request.POST))
        return self.render_to_response(self.get_context_data(form=form))

    def get_success_url(self) -> str:
        messages.success(self.request, _("We’ve saved the address."))
        return reverse("customer:address-list")


class AddressCreateView(AddressFormMixin, oscar_views.AddressCreateView):
    """A new address; ``AddressFormMixin`` shows its form again."""


class AddressUpdateView(AddressFormMixin, oscar_views.AddressUpdateView):
    """Another text for an address; ``AddressFormMixin`` shows its form again."""


class AddressChangeStatusView(generic.View):
    """Makes an address the default. POST only: a link must not change anything."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *, pk: int, action: str) -> HttpResponse:
        address = get_object_or_404(UserAddress, user=request.user, pk=pk)
        if action == "default_for_shipping" and not address.country.is_shipping_country:
            messages.error(request, _("We don’t deliver to this country."))
        else:
            setattr(address, f"is_{action}", True)
            address.save()
        return HttpResponseRedirect(reverse_lazy("customer:address-list"))
