"""What the shop stores in a browser, and why it needs no consent banner (docs/privacy.md).

Everything here is either needed for what the person asked for, or switched on by them at that
moment (regulation 6 of the Privacy and Electronic Communications Regulations 2003). A test compares
the table with the code.
"""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

COOKIE, TAB, BROWSER = _("cookie"), _("tab storage"), _("browser storage")
STAFF, STRIPE = "staff", "stripe"
#: Needed for what the person does, or chosen by them.
NEEDED, CHOSEN = _("needed"), _("optional")
UNTIL_CLOSED = _("until the browser is closed")


@dataclass(frozen=True)
class Stored:
    """One entry in a browser: where, why, what sets it, and how long it lasts."""

    name: str
    place: str | Promise
    purpose: str | Promise
    set_by: str | Promise
    lasts: str | Promise
    need: str | Promise = NEEDED
    only: str = ""


def _days(seconds: int) -> Promise:
    return format_lazy(_("{days} days"), days=round(seconds / 86_400))


_BASKET = _days(settings.OSCAR_BASKET_COOKIE_LIFETIME)

STORED = (
    Stored(
        settings.SESSION_COOKIE_NAME,
        COOKIE,
        _(
            "Keeps you signed in, and remembers your details during checkout and what you removed from"
            " your basket."
        ),
        _("signing in, starting to check out, or removing something from the basket"),
        _days(settings.SESSION_COOKIE_AGE),
    ),
    Stored(
        settings.CSRF_COOKIE_NAME,
        COOKIE,
        _("Stops other websites from sending our forms in your name."),
        _("opening a page with a protected form"),
        _("a year"),
    ),
    Stored(
        settings.OSCAR_BASKET_COOKIE_OPEN,
        COOKIE,
        _("Remembers your basket."),
        _("adding a product to the basket"),
        _BASKET,
    ),
    Stored(
        "basket_units",
        COOKIE,
        _("Shows the number of items in your basket."),
        _("adding a product to the basket"),
        _BASKET,
    ),
    Stored(
        "prices_read",
        COOKIE,
        _("Makes sure we tell you only once that a price in your basket has changed."),
        _("opening a basket with a changed price"),
        _BASKET,
    ),
    Stored(
        "messages",
        COOKIE,
        _("Carries a message such as “Added to your basket” to the next page."),
        _("submitting a form"),
        _("until it has been shown"),
    ),
    Stored(
        "device",
        COOKIE,
        _("Recognises this browser, so that a stranger guessing your password can’t lock you out."),
        _("signing in"),
        _("365 days"),
    ),
    Stored(
        "staff_seen",
        COOKIE,
        _("Signs staff out of a browser they no longer use."),
        _("signing in as staff"),
        UNTIL_CLOSED,
        only=STAFF,
    ),
    Stored(
        "compared",
        COOKIE,
        _("Remembers what you compare, in browsers without JavaScript."),
        _("pressing “Compare”"),
        UNTIL_CLOSED,
        CHOSEN,
    ),
    Stored(
        "compare",
        TAB,
        _("Remembers what you compare."),
        _("pressing “Compare”"),
        _("until the tab is closed"),
        CHOSEN,
    ),
    Stored(
        "looked-at",
        BROWSER,
        _(
            "Shows what you looked at recently. The list stays in your browser, which asks us "
            "only for the pictures and prices."
        ),
        _("switching on “Remember what I view”"),
        _("until you switch it off"),
        CHOSEN,
    ),
    Stored(
        "wagtail_sidebar_collapsed, wagtail:…",
        BROWSER,
        _("Remembers how staff arranged the pages of the admin."),
        _("arranging them"),
        _("until the browser’s data is cleared"),
        CHOSEN,
        only=STAFF,
    ),
    Stored(
        "__stripe_mid, __stripe_sid",
        COOKIE,
        _("Lets Stripe, our payment provider, detect fraud (https://stripe.com/cookie-settings)."),
        _("opening the payment page"),
        _("a year; half an hour"),
        only=STRIPE,
    ),
)


def stored_for_shoppers() -> list[Stored]:
    """What a shopper's browser may store in this installation."""
    with_stripe = bool(settings.STRIPE_SECRET_KEY)
    shown = {"", STRIPE} if with_stripe else {""}
    return [row for row in STORED if row.only in shown]


def stored_for_staff() -> list[Stored]:
    """What staff browsers store in addition."""
    return [row for row in STORED if row.only == STAFF]
