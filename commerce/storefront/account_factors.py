"""Pages about second factors that allauth lacks, or implements with a write on GET."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView, View

from commerce.accounts.factors import has_factor
from commerce.accounts.reauthentication import recent_sign_in_required
from commerce.actor import is_staff, signed_in_user
from commerce.decorators import private_page
from commerce.shop_settings.current import current_shop


@private_page
@method_decorator(login_required, name="dispatch")
class FactorNeededView(TemplateView):
    """Explains to staff why they need a second factor, and links to the ways to add one."""

    template_name = "account/factor_needed.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if has_factor(signed_in_user(request)):
            return HttpResponseRedirect(
                get_next_redirect_url(request) or get_adapter().get_login_redirect_url(request)
            )
        return super().get(request, *args, **kwargs)


class CodesMixin:
    """The unused recovery codes, for their owner. Unlike allauth's views it writes nothing."""

    def get_codes(self) -> list[str]:
        codes = Authenticator.objects.filter(
            user=self.request.user, type=Authenticator.Type.RECOVERY_CODES
        ).first()
        if codes is None:
            raise Http404
        return codes.wrap().get_unused_codes()


@private_page
@method_decorator(login_required, name="dispatch")
@recent_sign_in_required
class RecoveryCodesView(CodesMixin, TemplateView):
    """The codes on a printable page."""

    template_name = "mfa/recovery_codes/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        workplace = get_adapter().get_login_redirect_url(self.request) if is_staff(user) else ""
        return super().get_context_data(codes=self.get_codes(), workplace=workplace, **kwargs)


@private_page
@method_decorator(login_required, name="dispatch")
@recent_sign_in_required
class DownloadCodesView(CodesMixin, View):
    """The codes as a text file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"codes": self.get_codes(), "shop": current_shop().name, "url": settings.SITE_URL}
        response = render(
            request, "mfa/recovery_codes/download.txt", context, content_type="text/plain"
        )
        response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
        return response


@private_page
class PasskeyLoginView(LoginWebAuthnView):
    """Signs in with a passkey alone.

    A POST without a credential returns the challenge and stores it in the session; allauth does
    that on GET.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("account_login")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "credential" not in request.POST:
            return JsonResponse(begin_authentication(user=None))
        return super().post(request, *args, **kwargs)
