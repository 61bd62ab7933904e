"""The basket: one page with plain forms, and its inner part for scripts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import FormView, TemplateView, View
from oscar.apps.basket.abstract_models import AbstractLine as AbstractBasketLine
from oscar.apps.basket.signals import basket_addition, voucher_addition, voucher_removal
from oscar.apps.basket.views import BasketAddView as OscarBasketAddView
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.core.loading import get_class, get_model

from commerce.basket.checks import accept_prices, notices_for, units_by_product, units_possible
from commerce.basket.lines import BasketLine, lines_of
from commerce.basket.price_notes import prices_read, remember_prices
from commerce.basket.undo import (
    forget_expired_removals,
    remove_lines,
    restore_lines,
    titles_of,
    units_to_add,
)
from commerce.catalogue.product_detail import BuyBox, buy_box_for
from commerce.exceptions import BasketFrozen, UndoExpired
from commerce.pricing.vouchers import VoucherRefused, typed_code, use_voucher, voucher_notes
from commerce.requests import parse_pk, wants_fragment
from commerce.same_origin import same_origin_only
from commerce.storefront.basket_forms import LineQuantityForm
from commerce.storefront.basket_summary import delivery_estimate, goes_with
from commerce.taxes.rates import TAXES
from commerce.throttles import (
    Limit,
    TooManyAttempts,
    count_attempt,
    visitor_key,
    waiting_advice,
)

#: Products added from one network address: a shop that is full of people behind one address stays
#: below, a script that fills baskets does not.
ADD_LIMIT = Limit(free=3000, first_wait=10, longest_wait=60, window=timedelta(hours=1))
Basket = get_model("basket", "Basket")


class BasketPage(TemplateView):
    """Shows the basket; ``show`` renders it again after a change."""

    template_name = "oscar/basket/basket.html"
    fragment_template = "oscar/basket/partials/basket_content.html"

    def show(self, **extra: Any) -> HttpResponse:
        """The page, or its inner part for a script, with the current totals."""
        return self.render_to_response(self.get_context_data(**extra))

    def get_template_names(self) -> list[str]:
        return [self.fragment_template if wants_fragment(self.request) else self.template_name]

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["X-Requested-With"])
        remember_prices(self.request, response, context["seen_keys"])
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        basket = self.request.basket
        errors = kwargs.pop("errors", {})
        notices = notices_for(basket)
        lines = lines_of(basket, read=prices_read(self.request))
        rows = [(line, errors.get(line.line_id)) for line in lines]
        return super().get_context_data(
            basket=basket,
            rows=rows,
            saved_lines=self.get_saved_lines(),
            vouchers=voucher_notes(basket, user=self.request.user),
            taken=self.taken_text(kwargs.get("undo"), bool(rows)),
            is_ready=not any(notice.is_blocking for notice in notices) and not errors,
            seen_keys={notice.seen_key for notice in notices if notice.seen_key},
            **delivery_estimate(self.request, basket),
            **kwargs,
        )

    def taken_text(self, undo: str | None, is_anything_left: bool) -> str:
        """What was just removed, in a sentence; "" if nothing was, or if it was restored."""
        titles = titles_of(self.request.session, undo) if undo else []
        if not titles:
            return ""
        if len(titles) == 1:
            return _("%(title)s was removed from your basket.") % {"title": titles[0]}
        if is_anything_left:
            return _("%(count)d items were removed from your basket.") % {"count": len(titles)}
        return _("Your basket has been cleared.")

    def get_saved_lines(self) -> list[BasketLine]:
        user = self.request.user
        saved = Basket.saved.filter(owner=user).first() if user.is_authenticated else None
        if saved is None:
            return []
        saved.strategy = self.request.strategy
        # Saved products cost what their cards say, including offers on one unit.
        get_class("offer.applicator", "Applicator")().apply(saved, user, self.request)
        return lines_of(saved)


def recount(request: HttpRequest) -> None:
    """Recompute the lines and offers of the request's basket after a change."""
    request.basket.reset_offer_applications()
    if not request.basket.is_empty:
        get_class("offer.applicator", "Applicator")().apply(request.basket, request.user, request)


def back_to_basket(undo: str | None = None) -> HttpResponse:
    """A redirect to the basket, with the key to undo the last change."""
    url = reverse("basket:summary")
    return redirect(f"{url}?{urlencode({'undo': undo})}" if undo else url)


def refuse_change(request: HttpRequest) -> HttpResponse:
    """The response to a change of a basket that is being paid for in another window."""
    text = _("This basket is being paid for in another window. Finish or change that order first.")
    messages.warning(request, text)
    return redirect("basket:summary")


class BasketView(BasketPage):
    """GET shows the basket. POST changes quantities, removes a line, or saves one for later."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("undo", self.request.GET.get("undo", "")[:64])
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        forget_expired_removals(request.session)
        if not request.basket.pk:
            return self.done()
        try:
            return self.change()
        except BasketFrozen:
            return refuse_change(request)

    def change(self) -> HttpResponse:
        request = self.request
        line_ids = [line.pk for line in request.basket.all_lines()]
        actions = {
            "remove": self.remove_line,
            "save": self.save_line,
            "take": self.take_what_is_there,
        }
        for action, act in actions.items():
            chosen = parse_pk(request.POST.get(action, ""))
            if chosen in line_ids:
                return act(chosen)
        return self.change_quantities()

    def done(self, **extra: Any) -> HttpResponse:
        if wants_fragment(self.request):
            recount(self.request)
            return self.show(**extra)
        return back_to_basket(extra.get("undo"))

    def remove_line(self, line_id: int) -> HttpResponse:
        return self.done(undo=remove_lines(self.request.basket, self.request.session, [line_id]))

    def take_what_is_there(self, line_id: int) -> HttpResponse:
        """Reduce a line to the units that are possible, or remove it if there are none."""
        basket = self.request.basket
        line = next(row for row in basket.all_lines() if row.pk == line_id)
        units = units_possible(line, units_by_product(basket)[line.product_id])
        if not units:
            return self.remove_line(line_id)
        line.quantity = units
        line.save(update_fields=["quantity"])
        return self.done()

    @transaction.atomic
    def save_line(self, line_id: int) -> HttpResponse:
        if not self.request.user.is_authenticated:
            return redirect("account_login")
        saved, _is_new = Basket.saved.get_or_create(owner=self.request.user)
        saved.merge_line(self.request.basket.lines.get(pk=line_id))
        return self.done()

    def change_quantities(self) -> HttpResponse:
        """Save the valid quantities; the others are shown again as typed."""
        errors, emptied = {}, []
        with transaction.atomic():
            for line in list(self.request.basket.all_lines()):
                form = LineQuantityForm(line, data=self.request.POST)
                if form.add_prefix("quantity") not in self.request.POST:
                    continue
                if not form.is_valid():
                    errors[line.pk] = form.refusal()
                elif form.cleaned_data["quantity"] == 0:
                    emptied.append(line.pk)
                elif form.cleaned_data["quantity"] != line.quantity:
                    line.quantity = form.cleaned_data["quantity"]
                    line.save(update_fields=["quantity"])
            undo = None
            if emptied:
                undo = remove_lines(self.request.basket, self.request.session, emptied)
            accept_prices(self.request.basket)
        if errors:
            recount(self.request)
            return self.show(errors=errors, undo=undo or "")
        return self.done(undo=undo)


@method_decorator(same_origin_only, name="dispatch")
class BasketAddView(OscarBasketAddView):
    """Adds a product and returns to the page before; scripts get a notification."""

    add_signal = basket_addition

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect a reloaded or shared URL to the product; only a form adds it."""
        products = get_model("catalogue", "Product").objects.filter(is_public=True)
        return redirect(get_object_or_404(products, pk=kwargs["pk"]))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        products = get_model("catalogue", "Product").objects.filter(is_public=True)
        products = products.select_related(*TAXES)
        # The form, the strategy and the line all read the stock records.
        products = products.prefetch_related("stockrecords")
        self.product = get_object_or_404(products, pk=kwargs["pk"])
        try:
            count_attempt({visitor_key("basket-add", request): ADD_LIMIT})
        except TooManyAttempts as refusal:
            return self.slow_down(refusal)
        return FormView.post(self, request, *args, **kwargs)

    def form_invalid(self, form: Form) -> HttpResponse:
        text = " ".join(error for errors in form.errors.values() for error in errors)
        return self.refuse(text, form)

    def refuse(self, text: str, form: Form, status: int = 422) -> HttpResponse:
        """Say why nothing was added, on the page where the shopper is.

        Scripts mark the fields. Without them, personal texts are shown as they were typed.
        """
        if wants_fragment(self.request):
            refusal = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
            fields = [name for name in form.errors if name in form.fields]
            refusal["X-Invalid-Fields"] = " ".join(map(quote, fields))
            return refusal
        messages.error(self.request, text)
        box = refused_box(self.product, form)
        if box is None:
            return redirect(self.get_success_url())
        context = {"box": box, "next": self.get_success_url()}
        return render(self.request, "oscar/basket/refused.html", context, status=status)

    def slow_down(self, refusal: TooManyAttempts) -> HttpResponse:
        """Ask to wait: too many products were added from this network address."""
        text = _("Very many products were added from your network just now. %(advice)s")
        text %= {"advice": waiting_advice(refusal.seconds)}
        response = self.refuse(text, self.get_form(), status=429)
        response["Retry-After"] = str(refusal.seconds)
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        basket, units = self.request.basket, form.cleaned_data["quantity"]
        forget_expired_removals(self.request.session)
        self.line, _is_new = basket.add_product(form.product, units, form.cleaned_options())
        self.add_signal.send(
            sender=self, product=form.product, user=self.request.user, request=self.request
        )
        if wants_fragment(self.request):
            recount(self.request)
            line = next(row for row in lines_of(basket) if row.line_id == self.line.pk)
            context = {
                "line": line,
                "units": units,
                "basket": basket,
                "cards": goes_with(form.product, basket),
                **delivery_estimate(self.request, basket),
            }
            return render(self.request, "oscar/basket/partials/added.html", context)
        text = ngettext(
            "%(units)d × %(title)s is in your basket.",
            "%(units)d × %(title)s are in your basket.",
            units,
        )
        messages.success(
            self.request, text % {"units": units, "title": form.product.get_title()}, "basket"
        )
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        """The path to continue at; a bare word would be resolved as a URL name."""
        target = self.request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(target, {self.request.get_host()})
        return target if is_ours and target.startswith("/") else reverse("basket:summary")


class BasketClearView(View):
    """Clears the basket; its page then offers to undo it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            basket = request.basket
            return back_to_basket(remove_lines(basket, request.session) if basket.pk else None)
        except BasketFrozen:
            return refuse_change(request)


class BasketUndoView(BasketPage):
    """Restores removed lines of the session, as far as they are available.

    A script gets the result with the basket, so that the next change removes it.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        forget_expired_removals(request.session)
        try:
            counts = restore_lines(request.basket, request.session, request.POST.get("token", ""))
            level, text = self.outcome(*counts)
        except UndoExpired:
            level, text = messages.ERROR, _("It’s too late to undo that.")
        if wants_fragment(request):
            recount(request)
            return self.show(note=text)
        if text:
            messages.add_message(request, level, text)
        return back_to_basket()

    @staticmethod
    def outcome(restored: int, missing: int) -> tuple[int, str]:
        """The level and the text of a message; "" if there is nothing to say."""
        if missing:
            text = ngettext(
                "%(count)d item couldn’t be restored because it has sold.",
                "%(count)d items couldn’t be restored because they have sold.",
                missing,
            )
            return messages.WARNING, text % {"count": missing}
        return messages.SUCCESS, _("Your basket has been restored.") if restored else ""


class VoucherAddView(BasketPage):
    """Adds a voucher; an error is shown beside the field, with the typed code."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return back_to_basket()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code = typed_code(request.POST.get("code", ""))
        try:
            voucher = use_voucher(code, basket=request.basket, user=request.user, request=request)
        except VoucherRefused as refusal:
            return self.show(voucher_code=code, voucher_error=str(refusal))
        voucher_addition.send(sender=self, basket=request.basket, voucher=voucher)
        if wants_fragment(request):
            return self.show()
        messages.success(request, _("Voucher added."))
        return back_to_basket()


class VoucherRemoveView(BasketPage):
    """Removes a voucher from the basket."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        basket = request.basket
        voucher = basket.vouchers.filter(pk=kwargs["pk"]).first() if basket.pk else None
        if voucher:
            basket.vouchers.remove(voucher)
            voucher_removal.send(sender=self, basket=basket, voucher=voucher)
        if wants_fragment(request):
            recount(request)
            return self.show()
        return back_to_basket()


class SavedView(View):
    """Moves a saved product to the basket, or removes it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        saved = Basket.saved.filter(owner=request.user).first()
        chosen = parse_pk(request.POST.get("move") or request.POST.get("remove") or "")
        line = saved.lines.filter(pk=chosen).first() if saved and chosen else None
        if line is None:
            return back_to_basket()
        if "remove" in request.POST:
            line.delete()
            return back_to_basket()
        self.move(line)
        return back_to_basket()

    @transaction.atomic
    def move(self, line: AbstractBasketLine) -> None:
        units = units_to_add(self.request.basket, line.product, line.quantity)
        if not units:
            messages.warning(self.request, _("This product is currently sold out."))
            return
        answers = line.attributes.select_related("option")
        options = [{"option": answer.option, "value": answer.value} for answer in answers]
        self.request.basket.add_product(line.product, units, options)
        line.delete()


def refused_box(product: AbstractProduct, form: Form) -> BuyBox | None:
    """A product's buy box with the personal texts and the quantity as typed; None if it asks for none."""
    box = buy_box_for(product, selected=parse_pk(form.data.get("child_id", "")))
    if box is None or not box.personal:
        return None
    personal = (
        replace(
            option,
            typed=tuple(form.data.getlist(option.code)),
            errors=tuple(form.errors.get(option.code, ())),
        )
        for option in box.personal
    )
    return replace(box, personal=tuple(personal), units=form.data.get("quantity", ""))
