"""Where passkeys work, for pages that offer them."""

from django import template
from django.template import Context

from commerce.accounts.factors import passkey_address

register = template.Library()


@register.simple_tag(takes_context=True)
def passkeys_elsewhere(context: Context) -> str:
    """The URL at which passkeys work on this page; "" if they work here."""
    return passkey_address(context["request"])
