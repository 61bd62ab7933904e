"""The first contents of an empty shop. Each step adds what is missing and leaves the rest alone.

Steps return a sentence for whoever runs the command.
"""

from collections.abc import Iterator
from decimal import Decimal

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model
from wagtail.models import Page

from commerce.accounts.roles import ADMIN
from commerce.mail.outbox import queue_mail
from commerce.models import DeliveryMethod, User
from commerce.pricing.countries import open_countries
from commerce.tax import STANDARD_RATE
from commerce.urls import absolute
from home.models import HomePage, StandardPage
from home.sites import sync_sites
from home.staff.roles import create_page_roles

#: Pages that the law asks a shop for: address, title, and what the text must say.
LEGAL_PAGES = (
    (
        "terms",
        gettext_lazy("Terms"),
        gettext_lazy(
            "Who sells, how a contract comes about, prices and tax, payment, delivery, guarantees."
        ),
    ),
    (
        "privacy",
        gettext_lazy("Privacy"),
        gettext_lazy(
            "Which personal data the shop keeps, why, for how long, who receives it, whom to ask."
        ),
    ),
    (
        "delivery-returns",
        gettext_lazy("Delivery and returns"),
        gettext_lazy(
            "Where the shop delivers, what it costs, how to withdraw from a purchase or return it."
        ),
    ),
    (
        "legal-notice",
        gettext_lazy("Legal notice"),
        gettext_lazy(
            "The company's name, address, email address, register, VAT number and who represents it."
        ),
    ),
)
#: What a parcel costs until somebody says otherwise.
DELIVERY_PRICE = Decimal("4.95")


def set_up_sites() -> str:
    """Both site records and the home page say what SITE_URL and SITE_NAME say."""
    home = HomePage.objects.first()
    if home is not None and not home.body and home.title == "Home":
        home.title = home.draft_title = settings.SITE_NAME
        home.save(update_fields=["title", "draft_title"])
    changed = sync_sites()
    state = "are set" if changed else "are up to date"
    return f"Site: name {settings.SITE_NAME} and address {settings.SITE_URL} {state}."


def set_up_roles() -> str:
    """The groups of the people who run the shop."""
    create_page_roles()
    names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
    return f"Roles: {names}."


def set_up_tax() -> str:
    """Nothing to make: the rate is a rule of the code (commerce.tax)."""
    return f"Tax: prices include VAT at {STANDARD_RATE:.0%}."


@transaction.atomic
def set_up_delivery(countries: list[str], *, price: Decimal = DELIVERY_PRICE) -> Iterator[str]:
    """Countries, one delivery method to them, and where stock is kept.

    Raises KeyError for the code of a country that commerce.pricing.countries does not know.
    """
    made = open_countries(countries)
    yield f"Countries: {', '.join(made)} added." if made else "Countries: they exist."
    if DeliveryMethod.objects.exists():
        yield "Delivery: a method exists."
    else:
        method = DeliveryMethod.objects.create(
            code="standard", name=_("Standard delivery"), price=price, min_days=2, max_days=5
        )
        method.countries.set(countries)
        yield f"Delivery: Standard delivery at {price}. Change it in the dashboard before you open."
    Partner, ProductClass = get_model("partner", "Partner"), get_model("catalogue", "ProductClass")
    if not Partner.objects.exists():
        Partner.objects.create(name=settings.SITE_NAME)
    if not ProductClass.objects.exists():
        ProductClass.objects.create(name=_("General"))
    yield "Catalogue: a stock location and a kind of product exist."


@transaction.atomic
def set_up_legal_pages() -> str:
    """Drafts of the pages that the law asks for, each with what its text must say."""
    home = HomePage.objects.first()
    if home is None:
        return "Legal pages: none without a home page."
    made = []
    for slug, title, must_say in LEGAL_PAGES:
        if Page.objects.child_of(home).filter(slug=slug).exists():
            continue
        text = _("This page is not written yet. It must say: %(what)s") % {"what": must_say}
        page = StandardPage(title=title, slug=slug, live=False, has_unpublished_changes=True)
        page.body = [("text", f"<p><b>{text}</b></p>")]
        # The parent's row changed with every child it got: it is read again.
        Page.objects.get(pk=home.pk).add_child(instance=page)
        page.save_revision()
        made.append(str(title))
    if not made:
        return "Legal pages: they exist."
    return f"Legal pages: drafts of {', '.join(made)}. Write and publish them before you open."


def is_admin(email: str) -> bool:
    """Whether the address is an administrator's."""
    return User.objects.filter(email__iexact=email, is_superuser=True).exists()


@transaction.atomic
def set_up_admin(email: str, *, password: str | None) -> str:
    """The first administrator. Without a password a link to set one goes out by mail.

    An account that exists keeps its password. Raises ValidationError for a weak password, and
    ValueError where the address belongs to somebody else's account.
    """
    if is_admin(email):
        return f"Administrator: {email} exists."
    if User.objects.filter(email__iexact=email).exists():
        raise ValueError(
            f"{email} belongs to an account without that right; choose another address."
        )
    user = User(email=User.objects.normalize_email(email), is_staff=True, is_superuser=True)
    if password is not None:
        validate_password(password, user)
    user.set_password(password)  # None: nobody can sign in with one
    user.save()
    user.groups.add(Group.objects.get(name=ADMIN))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    if password is not None:
        return f"Administrator: {email} made."
    _mail_link(user)
    return f"Administrator: {email} made; a link to set the password is in the mail queue."


def _mail_link(user: User) -> None:
    key = PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )
    text = _(
        "You are the administrator of %(shop)s.\n\nSet your password here. The link works once, for "
        "three days:\n%(url)s\n"
    ) % {"shop": settings.SITE_NAME, "url": absolute(path)}
    subject = _("Set your password for %(shop)s") % {"shop": settings.SITE_NAME}
    queue_mail(key=f"setup:{user.pk}:{key}", to=user.email, subject=subject, text=text, user=user)
