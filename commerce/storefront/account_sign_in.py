"""Alternative ways to sign in, using the address typed in the sign-in form."""

from typing import Any

from allauth.account.views import PasswordResetView, RequestLoginCodeView
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

#: The longest valid address.
LONGEST_EMAIL = 254


class BringsEmail:
    """Shows its form with the address of the sign-in form, which has a button that posts here.

    So the address is in no URL, nothing is stored, and no script is needed.
    """

    @method_decorator(sensitive_post_parameters("password"))
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "from_sign_in" not in request.POST:
            return super().post(request, *args, **kwargs)
        email = request.POST.get("login", "")[:LONGEST_EMAIL]
        form = self.get_form_class()(initial={"email": email})
        return self.render_to_response(self.get_context_data(form=form))


class AskNewPasswordView(BringsEmail, PasswordResetView):
    """Requests a password link."""


class AskLoginCodeView(BringsEmail, RequestLoginCodeView):
    """Requests a sign-in code."""
