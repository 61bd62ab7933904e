"""Accounts: how allauth's mails leave, and what a proven address brings with it."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailConfirmationHMAC
from django.conf import settings
from django.urls import reverse
from oscar.core.loading import get_model

from commerce.account_mails import account_messages
from commerce.addresses import keep_address
from commerce.mail import queue_mail


class AccountAdapter(DefaultAccountAdapter):
    """Sends allauth's mails through the outbox, with plain values in their context."""

    def get_login_redirect_url(self, request):
        """Staff begin where they work, customers in their account."""
        if request.user.is_staff:
            return reverse("dashboard:index")
        if request.user.has_perm("wagtailadmin.access_admin"):
            return reverse("wagtailadmin_home")
        return super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request):
        return reverse("customer:summary")

    def send_mail(self, template_prefix, email, context):
        name = template_prefix.rsplit("/", 1)[-1]
        facts = {
            key: str(context[key])
            for key in (
                "code",
                "activate_url",
                "password_reset_url",
                "ip",
            )
            if context.get(key)
        }
        messages = account_messages(name, facts)
        queue_mail(key="", to=email, is_secret=True, **messages)

    def send_confirmation_mail(self, request, emailconfirmation, signup):
        """The code to type, and a link for whoever opens the mail elsewhere."""
        address = emailconfirmation.email_address
        context = {"code": emailconfirmation.key}
        if address.pk:
            key = EmailConfirmationHMAC(address).key
            context["activate_url"] = settings.SITE_URL + reverse("confirm-email", args=[key])
        name = "email_confirmation_signup" if signup else "email_confirmation"
        self.send_mail(name, address.email, context)


def adopt_guest_orders(user, email):
    """Give an account the orders that its proven address placed as a guest. Returns how many.

    The newest order's delivery address becomes the account's first one, and its names the
    account's, where there are none: nobody types them twice.
    """
    orders = get_model("order", "Order").objects.filter(user=None, guest_email__iexact=email)
    newest = orders.exclude(shipping_address=None).order_by("-pk").first()
    if newest:
        _keep_first_address(user, newest.shipping_address)
    return orders.update(user=user)


def _keep_first_address(user, address):
    if not user.first_name and not user.last_name:
        user.first_name, user.last_name = address.first_name, address.last_name
        user.save(update_fields=["first_name", "last_name"])
    if not user.addresses.exists():
        keep_address(user, address)
