"""The two steps of withdrawing from a contract, and the acknowledgement. Nobody has to sign in.

No answer depends on whether there is such an order.
"""

import uuid
from email.utils import parseaddr

from allauth.core.ratelimit import consume
from django import forms
from django.conf import settings
from django.core import signing
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views import generic

from commerce.models import Withdrawal
from commerce.private_pages import private_page
from commerce.withdrawals import Statement, facts_of, submit_withdrawal

SALT = "commerce.withdrawal_pages"
TOO_MANY = _(
    "That was a lot of statements from one connection. Please try again in an hour, or write to "
    "%(email)s: that counts as well."
)
#: Seconds for which the acknowledgement can be looked at again; the mail stays.
SHOWN_FOR = 24 * 60 * 60


class WithdrawalForm(forms.Form):
    """What a statement needs by law: who, which contract, where the acknowledgement goes."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    order_number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_("It stands in your confirmation, such as SM-7K2P9XQD."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("We acknowledge your withdrawal to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    pieces = forms.CharField(
        label=_("Which pieces?"),
        max_length=1000,
        required=False,
        help_text=_("Leave it empty to withdraw from the whole order."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def statement(self):
        return Statement(**self.cleaned_data)


@private_page
class WithdrawalView(generic.View):
    """Step one asks; step two shows it all again with the button that counts.

    Both are POSTs with everything in them, so that nothing is remembered of who goes away, and
    "back" keeps what was typed.
    """

    def get(self, request):
        return self.ask(WithdrawalForm())

    def post(self, request):
        form = WithdrawalForm(request.POST)
        step = request.POST.get("step", "")
        if not form.is_valid():
            return self.ask(form)
        if step == "edit":
            return self.ask(WithdrawalForm(initial=form.cleaned_data))
        if step != "confirm":
            context = {"form": form, "facts": form.cleaned_data, "key": uuid.uuid4().hex}
            return TemplateResponse(request, "withdrawal/confirm.html", context)
        if not consume(request, action="withdrawal"):
            form.add_error(None, TOO_MANY % {"email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]})
            return self.ask(form, status=429)
        key = request.POST.get("key", "")[:64]
        withdrawal = submit_withdrawal(form.statement(), key=key)
        return redirect("withdrawal-received", token=signing.dumps(withdrawal.pk, salt=SALT))

    def ask(self, form, *, status=200):
        context = {"form": form}
        return TemplateResponse(self.request, "withdrawal/ask.html", context, status=status)


@private_page(referrer="no-referrer")
class WithdrawalReceivedView(generic.View):
    """The acknowledgement on screen: what was declared, and when it arrived."""

    def get(self, request, token):
        try:
            pk = signing.loads(token, salt=SALT, max_age=SHOWN_FOR)
        except signing.BadSignature:
            return redirect("withdrawal")
        withdrawal = get_object_or_404(Withdrawal, pk=pk)
        return TemplateResponse(
            request, "withdrawal/received.html", {"facts": facts_of(withdrawal)}
        )
