"""Vouchers that are entered, or taken off, during the checkout."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from oscar.apps.basket.signals import voucher_addition, voucher_removal

from checkout_app.storefront.requests import ShopRequest
from checkout_app.storefront.views import StepView
from commerce.pricing.vouchers import VoucherRefused, typed_code, use_voucher
from commerce.requests import parse_pk

#: The steps with the field; the first one has answers that are not stored yet.
STEPS = ("shipping-method", "payment-details")


class VoucherView(StepView):
    """Adds a voucher to the order, or removes one, and returns to the step.

    A refused code stays in the field, with the reason as a message.
    """

    http_method_names = ["post"]
    needs = ("details",)

    def post(self, request: ShopRequest) -> HttpResponse:
        step = request.POST.get("step", "")
        page = reverse(f"checkout:{step if step in STEPS else STEPS[0]}")
        if key := parse_pk(request.POST.get("remove", "")):
            for voucher in request.basket.vouchers.filter(pk=key):
                request.basket.vouchers.remove(voucher)
                voucher_removal.send(sender=self, basket=request.basket, voucher=voucher)
            return redirect(page)
        code = typed_code(request.POST.get("code", ""))
        try:
            voucher = use_voucher(code, basket=request.basket, user=request.user, request=request)
        except VoucherRefused as refusal:
            messages.warning(request, str(refusal))
            return redirect(f"{page}?{urlencode({'code': code})}" if code else page)
        voucher_addition.send(sender=self, basket=request.basket, voucher=voucher)
        messages.success(request, _("Voucher added."))
        return redirect(page)
