"""The link in the mail to a new address, for whoever opens it in another browser than the code's."""

from allauth.account.models import EmailConfirmationHMAC
from allauth.account.views import ConfirmEmailView
from django.http import Http404


class ConfirmLinkView(ConfirmEmailView):
    """GET shows a button (a mail scanner that follows links proves nothing), POST confirms.

    allauth has no link where addresses are confirmed by code; we offer both.
    """

    template_name = "account/confirm_link.html"

    def get_object(self, queryset=None):
        confirmation = EmailConfirmationHMAC.from_key(self.kwargs["key"])
        if confirmation is None:
            raise Http404
        return confirmation
