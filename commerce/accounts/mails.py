"""What the mails about an account say."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def _texts():
    """Subject, paragraphs and the button's label by allauth's name of the mail."""
    not_you = _(
        "If it was not you, ignore this mail. Never pass the code on: we do not ask for it."
    )
    notice = _(
        "If this was you, there is nothing to do. If it was not, set a new password at once and "
        "answer this mail."
    )
    return {
        "email_confirmation_signup": (
            _("%(code)s is your code"),
            [_("Welcome. Type this code on the page that is open, within ten minutes:"), not_you],
            "",
        ),
        "email_confirmation": (
            _("%(code)s is your code"),
            [_("Type this code to confirm your email address, within ten minutes:"), not_you],
            "",
        ),
        "login_code": (
            _("%(code)s is your sign-in code"),
            [_("Type this code to sign in, within ten minutes:"), not_you],
            "",
        ),
        **_request_texts(),
        "password_changed": (_("Your password was changed"), [notice], ""),
        "password_set": (_("A password was set"), [notice], ""),
        "password_reset": (_("Your password was changed"), [notice], ""),
        "email_changed": (
            _("Your email address was changed"),
            [_("The address of your account is another one now."), notice],
            "",
        ),
        "email_confirm": (_("Your email address was confirmed"), [notice], ""),
        "email_deleted": (_("An email address was removed"), [notice], ""),
        **_security_texts(notice),
    }


def _request_texts():
    """What somebody asked for, or was offered, by an address: a password, an account."""
    return {
        "password_reset_key": (
            _("Set a new password"),
            [
                _(
                    "Somebody, hopefully you, asked for a new password. The link works once, for an hour."
                ),
                _("If it was not you, your password stays as it is."),
            ],
            _("Set a new password"),
        ),
        "invitation": (
            _("Your account is ready"),
            [
                _("Somebody who runs the shop opened an account for you. Choose your password."),
                _(
                    "The link works once, for an hour. After that, ask for another one under "
                    "“Forgotten password” on the page where you sign in."
                ),
            ],
            _("Choose a password"),
        ),
        "unknown_account": (
            _("There is no account for this address"),
            [
                _("Somebody, hopefully you, tried to sign in or asked for a new password here."),
                _("There is no account for this address. You can shop without one."),
            ],
            "",
        ),
        "account_already_exists": (
            _("You have an account already"),
            [
                _("Somebody, hopefully you, tried to open an account with this address."),
                _("There is one already: sign in, or set a new password if it is forgotten."),
            ],
            _("Set a new password"),
        ),
    }


def _security_texts(notice):
    """What changed about the ways to sign in; ``%(provider)s`` is the name of another service."""
    codes = _("Each code works once. Keep them where only you can read them.")
    return {
        "totp_activated": (
            _("Two-step sign-in is on"),
            [_("You sign in with your authenticator app from now on."), notice],
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
            [_("Somebody signed in with one of your recovery codes."), notice],
            "",
        ),
        "new_device": (
            _("A new browser signed in"),
            [
                _(
                    "Somebody signed in to your account with a browser that we have not seen before."
                ),
                notice,
            ],
            "",
        ),
        "account_connected": (_("%(provider)s can sign you in"), [notice], ""),
        "account_disconnected": (_("%(provider)s can no longer sign you in"), [notice], ""),
    }


def account_messages(name, facts):
    """``{"subject", "text", "html"}`` of an account mail; ``facts`` are plain strings."""
    subject, paragraphs, label = _texts()[name]
    context = {
        "shop_name": settings.SITE_NAME,
        "shop_url": settings.SITE_URL,
        "heading": subject % facts,
        "paragraphs": paragraphs,
        "code": facts.get("code", ""),
        "url": facts.get("password_reset_url") or "",
        "label": label,
        "ip": facts.get("ip", ""),
        "time": date_format(timezone.localtime(), "DATETIME_FORMAT"),
    }
    return {
        "subject": context["heading"],
        "text": render_to_string("emails/account_body.txt", context),
        "html": render_to_string("emails/account_body.html", context),
    }
