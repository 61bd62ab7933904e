"""allauth's adapter: sign-in rules and account mails."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commerce.accounts.attempts import too_many
from commerce.accounts.devices import device_of, remember_device
from commerce.accounts.email_addresses import canonical_address
from commerce.accounts.error_messages import ERRORS
from commerce.accounts.factors import has_app
from commerce.accounts.limits import mail_limits, password_limits
from commerce.accounts.mails import account_messages
from commerce.accounts.reauthentication import record_proof, signed_in_recently
from commerce.accounts.session_lifetime import limit_lifetime, refresh_idle_cookie
from commerce.mail.outbox import queue_mail
from commerce.models import User
from commerce.throttles import TooManyAttempts, count_attempt, release_attempt

#: Mails that anybody can cause for anybody. Notices of changes are always sent.
REQUESTED = frozenset(
    {
        "email_confirmation_signup",
        "email_confirmation",
        "login_code",
        "password_reset_key",
        "unknown_account",
        "account_already_exists",
    }
)
#: Values of allauth's contexts that mails show; all are plain strings.
FACTS = ("code", "password_reset_url", "ip")


class AccountAdapter(DefaultAccountAdapter):
    """Throttles sign-in, and sends allauth's mails through the outbox with plain values."""

    error_messages = ERRORS

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff start in their admin, customers in their account."""
        if request.user.is_staff:
            return reverse("dashboard:index")
        if request.user.has_perm("wagtailadmin.access_admin"):
            return reverse("wagtailadmin_home")
        return super().get_login_redirect_url(request)

    def clean_email(self, email: str) -> str:
        """The canonical address; refuses non-ASCII names, which few mail servers deliver to."""
        email = canonical_address(super().clean_email(email))
        if not email.isascii():
            raise ValidationError(_("Use an address of plain letters: a–z, digits and . _ + -."))
        return email

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account-security")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in a mail, on the shop's own address whatever the Host header says."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of allauth's mails. Answers with 429 if too many were requested."""
        name = template_prefix.rsplit("/", 1)[-1]
        if name in REQUESTED:
            try:
                count_attempt(mail_limits(self.request, email))
            except TooManyAttempts as refusal:
                raise ImmediateHttpResponse(too_many(self.request, refusal)) from refusal
        facts = {key: str(context[key]) for key in FACTS if context.get(key)}
        if name == "account_already_exists":
            # allauth's own link uses the Host header of the request.
            facts["password_reset_url"] = settings.SITE_URL + reverse("account_reset_password")
        if provider := context.get("provider"):
            facts["provider"] = str(provider.name)
        is_secret = "code" in facts or "password_reset_url" in facts
        queue_mail(
            key="",
            to=email,
            user=_account_of(email, context),
            is_secret=is_secret,
            **account_messages(name, facts),
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Pass the account: after a change of address, ``email`` no longer identifies it."""
        context = {**(context or {}), "user": user}
        super().send_notification_mail(template_prefix, user, context, email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is checked."""
        self._counted = password_limits(request, credentials.get("email", ""))
        try:
            count_attempt(self._counted)
        except TooManyAttempts as refusal:
            raise ValidationError(str(refusal)) from refusal

    def _rollback_login_failed_rl_usage(self) -> None:
        release_attempt(self._counted)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Do nothing: after a reset, earlier failures still count until their window ends."""

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The second factor if there is one; the password alone is not enough then."""
        methods = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"] != "reauthenticate"]
        if user.is_authenticated and not has_app(user):
            factors.reverse()  # the passkey first, recovery codes second
        return factors or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """False within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` of the sign-in, which counts as proof."""
        return super().is_reauthentication_required(app=app) and not signed_in_recently(
            self.request
        )

    def login(self, request: HttpRequest, user: User) -> None:
        # Oscar's manager sets both at once if nobody has signed in yet.
        was_here = user.last_login is not None and user.last_login > user.date_joined
        super().login(request, user)
        record_proof(request)
        limit_lifetime(request)
        if was_here and not device_of(request, user.email):
            self.send_notification_mail("account/email/new_device", user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        remember_device(request, response, user.email)
        refresh_idle_cookie(request, response)
        return response


def _account_of(email: str, context: dict[str, Any]) -> User | None:
    """The account a mail is about, or None; erasing the account deletes the mail."""
    user = context.get("user")
    if user is None:
        proven = EmailAddress.objects.filter(email=email.lower(), verified=True)
        address = proven.select_related("user").first()
        user = address.user if address is not None else None
    return user if user is not None and user.pk else None
