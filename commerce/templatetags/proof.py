"""Tags of the pages that ask for a recent sign-in."""

from allauth.account.utils import get_next_redirect_url
from django import template
from django.template import Context
from django.urls import reverse

from commerce.accounts.reauthentication import waiting_request
from commerce.requests import previous_page

register = template.Library()
#: These pages; Cancel leads to the page before them.
ASKING = (
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account-sign-in-again",
)


@register.simple_tag(takes_context=True)
def form_waits(context: Context) -> bool:
    """Whether a suspended form will be resumed. An older, abandoned one doesn't count."""
    request = context["request"]
    waiting = waiting_request(request)
    return waiting is not None and waiting["path"] == get_next_redirect_url(request)


@register.simple_tag(takes_context=True)
def page_behind(context: Context) -> str:
    """The target of Cancel: the previous page, "" if the browser doesn't send it."""
    request = context["request"]
    sent = request.POST.get("behind")
    page = previous_page(request) if sent is None else sent
    path = page.partition("?")[0]
    return "" if path in {reverse(name) for name in ASKING} else page
