"""Signing in through another service (Google, any OpenID Connect provider)."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest


class SocialAdapter(DefaultSocialAccountAdapter):
    """Joins a service to an account only if both sides have confirmed the address."""

    def authenticate_by_email(
        self, sociallogin: SocialLogin
    ) -> tuple[AbstractBaseUser, str] | None:
        """The account of an address that the service and we have verified."""
        found = super().authenticate_by_email(sociallogin)
        if found is None:
            return None
        user, email = found
        is_proven = EmailAddress.objects.filter(
            user_id=user.pk, email=email.lower(), verified=True
        ).exists()
        return found if is_proven else None

    def get_app(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> SocialApp:
        """The settings of a service. Raises Http404 if it isn't configured."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error
