"""Second factors: authenticator apps, passkeys and recovery codes (allauth.mfa)."""

import base64
import re
from hashlib import sha256
from io import StringIO
from urllib.parse import urlsplit

import qrcode
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commerce.actor import is_staff
from commerce.shop_settings.current import current_shop

#: The second factors; recovery codes only replace a lost one.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: AbstractBaseUser) -> bool:
    """Whether the account has a second factor."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def has_app(user: AbstractBaseUser) -> bool:
    """Whether the account has an authenticator app."""
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def used_factor(request: HttpRequest) -> bool:
    """Whether this session was opened, or confirmed later, with a second factor."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)


def record_enrolment(request: HttpRequest, authenticator: Authenticator) -> None:
    """Count a factor added by this session as used: adding it required a code or a key."""
    record_authentication(
        request,
        request.user,
        method="mfa",
        id=authenticator.pk,
        type=str(authenticator.type),
        reauthenticated=True,
    )


def passkey_host() -> str:
    """The host of passkeys: the shop's, or localhost for a shop on a loopback address.

    Browsers create no passkeys for IP addresses (WebAuthn, section 5.1.2).
    """
    host = urlsplit(settings.SITE_URL).hostname or ""
    return "localhost" if host in ("127.0.0.1", "::1") else host


def passkey_address(request: HttpRequest) -> str:
    """The URL at which passkeys work on this page; "" if they work here."""
    here = urlsplit(f"//{request.get_host()}")
    if passkey_host() != "localhost" or here.hostname == "localhost":
        return ""
    port = f":{here.port}" if here.port else ""
    return f"{request.scheme}://localhost{port}{request.path}"


class FactorAdapter(DefaultMFAAdapter):
    """Encrypts secrets in the database and names the shop from its settings."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That code isn’t right, or it has already been used."),
        "cannot_delete_authenticator": gettext_lazy(
            "Staff need a second step to sign in. Add another one before you remove this one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Raises InvalidToken if no key of the settings fits."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return current_shop().name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the shop's own host, whatever the Host header says."""
        return {"id": passkey_host(), "name": current_shop().name}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """False for the last factor of staff, if the shop requires one."""
        user = authenticator.user
        if not settings.STAFF_SECOND_FACTOR or not is_staff(user):
            return True
        others = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS)
        return others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1} if count else _("My passkey")

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an SVG of one path without styles, which our CSP allows inline."""
        code = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_M)
        code.add_data(url)
        code.make(fit=True)
        rows = code.get_matrix()
        path = StringIO()
        for y, row in enumerate(rows):
            for run in re.finditer("1+", "".join("1" if dark else "0" for dark in row)):
                path.write(f"M{run.start()} {y}h{len(run.group())}v1h-{len(run.group())}z")
        size = len(rows)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
            f'shape-rendering="crispEdges"><path fill="#000" d="{path.getvalue()}"/></svg>'
        )


def _cipher() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    digest = sha256(b"commerce.accounts.factors:" + secret.encode()).digest()
    return base64.urlsafe_b64encode(digest)
