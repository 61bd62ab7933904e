"""The texts of account mails."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commerce.shop_settings.current import current_shop, in_the_shops_terms

#: Subject, paragraphs and the label of the button ("" for none).
Texts = tuple[str, list[str], str]


def _texts() -> dict[str, Texts]:
    """Subject, paragraphs and button label by allauth's name of the mail."""
    not_you = _(
        "If it wasn’t you, ignore this email. Don’t share the code with anyone. We’ll never ask for it."
    )
    notice = _(
        "If this was you, there’s nothing to do. If it wasn’t, set a new password straight away and "
        "reply to this email."
    )
    return {
        "email_confirmation_signup": (
            _("%(code)s is your code"),
            [_("Welcome. Enter this code on the page you left open, within ten minutes:"), not_you],
            "",
        ),
        "email_confirmation": (
            _("%(code)s is your code"),
            [_("Enter this code within ten minutes to confirm your email address:"), not_you],
            "",
        ),
        "login_code": (
            _("%(code)s is your sign-in code"),
            [_("Enter this code within ten minutes to sign in:"), not_you],
            "",
        ),
        **_request_texts(),
        "password_changed": (_("Your password was changed"), [notice], ""),
        "password_set": (_("A password was set"), [notice], ""),
        "password_reset": (_("Your password was changed"), [notice], ""),
        **_address_texts(notice),
        **_security_texts(notice),
        "account_deleted": (
            _("Your account is deleted"),
            [
                _("Your account at %(shop)s is deleted, as you asked. You can’t undo this.")
                % {"shop": current_shop().name},
                _("We keep invoices for as long as the law requires."),
                _("If you didn’t ask for this, reply to this email."),
            ],
            "",
        ),
    }


def _address_texts(notice: str) -> dict[str, Texts]:
    """Changes of the address. A change is mailed to the old address, where no link could help."""
    return {
        "email_changed": (
            _("Your email address was changed"),
            [
                _("If you didn’t change it, reply to this email straight away. We’ll help you."),
                _(
                    "Your account now uses a different email address. If you changed it, "
                    "there’s nothing to do."
                ),
            ],
            "",
        ),
        "email_confirm": (_("Your email address was confirmed"), [notice], ""),
        "email_deleted": (_("An email address was removed"), [notice], ""),
    }


def _request_texts() -> dict[str, Texts]:
    """Mails requested for, or offered to, an address: a password, an account."""
    shop = {"shop": current_shop().name}
    return {
        "password_reset_key": (
            _("Set a new password"),
            [
                _("You asked for a new password. The link works once, for an hour."),
                _("If it wasn’t you, ignore this email. Your password stays as it is."),
            ],
            _("Set a new password"),
        ),
        "invitation": (
            _("Your account at %(shop)s"),
            [
                _("%(shop)s has invited you to create an account. Choose a password to begin.")
                % shop,
                _(
                    "The link works once, for an hour. Too late? Open the sign-in page, choose "
                    "“Forgot your password?” and enter this email address: a new link comes at once."
                ),
            ],
            _("Choose a password"),
        ),
        "unknown_account": (
            _("There is no account with this email address"),
            [
                _(
                    "You tried to sign in at %(shop)s or asked for a new password. We have no account "
                    "with this address."
                )
                % shop,
                _("You may have used a different address. You can also order without an account."),
            ],
            "",
        ),
        "account_already_exists": (
            _("You already have an account"),
            [
                _("You tried to create an account at %(shop)s.") % shop,
                _("You already have one. Sign in, or set a new password if you’ve forgotten it."),
            ],
            _("Set a new password"),
        ),
    }


def _security_texts(notice: str) -> dict[str, Texts]:
    """Changes of the ways to sign in; ``%(provider)s`` is the name of another service."""
    codes = _("Each code works once. Store them somewhere safe.")
    return {
        "totp_activated": (
            _("Two-step sign-in is on"),
            [_("From now on you sign in with your authenticator app as well."), notice],
            "",
        ),
        "totp_deactivated": (_("The authenticator app was removed"), [notice], ""),
        "webauthn_added": (_("A passkey was added"), [notice], ""),
        "webauthn_removed": (_("A passkey was removed"), [notice], ""),
        "recovery_codes_generated": (
            _("New recovery codes were made"),
            [_("The old ones no longer work."), codes, notice],
            "",
        ),
        "recovery_code_used": (
            _("A recovery code was used"),
            [_("One of your recovery codes was used to sign in."), notice],
            "",
        ),
        "new_device": (
            _("A new browser signed in"),
            [_("Your account was used from a browser we haven’t seen before."), notice],
            "",
        ),
        "account_connected": (_("%(provider)s can sign you in"), [notice], ""),
        "account_disconnected": (_("%(provider)s can no longer sign you in"), [notice], ""),
    }


@in_the_shops_terms()
def account_messages(name: str, facts: dict[str, str]) -> dict[str, str]:
    """``{"subject", "text", "html"}`` of an account mail; ``facts`` are plain strings."""
    subject, paragraphs, label = _texts()[name]
    facts = {"shop": current_shop().name, **facts}
    heading = subject % facts
    context = {
        "shop_name": current_shop().name,
        "shop_url": settings.SITE_URL,
        "heading": heading,
        "paragraphs": paragraphs,
        "code": facts.get("code", ""),
        "url": facts.get("password_reset_url") or "",
        "label": label,
        "ip": facts.get("ip", ""),
        "time": date_format(timezone.localtime(), "DATETIME_FORMAT"),
    }
    return {
        "subject": heading,
        "text": render_to_string("emails/account_body.txt", context),
        "html": render_to_string("emails/account_body.html", context),
    }
