"""Sets up an empty shop. Each step adds what is missing and changes nothing that exists.

Each step returns a sentence that the command prints.
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
from oscar.core.loading import get_model
from wagtail.models import Page

from commerce.accounts.roles import ADMIN
from commerce.mail.outbox import queue_mail
from commerce.models import DeliveryMethod, User
from commerce.pricing.countries import open_countries
from commerce.shop_settings.current import current_shop, in_the_shops_terms
from commerce.taxes.rates import TaxRates
from commerce.urls import absolute
from home.legal_pages import LEGAL_PAGES
from home.models import HomePage, StandardPage
from home.sites import sync_sites
from home.staff.roles import create_page_roles

#: Default price of standard delivery.
DELIVERY_PRICE = Decimal("4.95")


def set_up_sites() -> str:
    """Set both site records and the home page's title to SITE_URL and SITE_NAME."""
    home = HomePage.objects.first()
    if home is not None and not home.body and home.title == "Home":
        home.title = home.draft_title = current_shop().name
        home.save(update_fields=["title", "draft_title"])
    changed = sync_sites()
    state = "are set" if changed else "are up to date"
    return f"Site: name {current_shop().name} and address {settings.SITE_URL} {state}."


def set_up_roles() -> str:
    """Create the staff roles."""
    create_page_roles()
    names = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
    return f"Roles: {names}."


def set_up_tax() -> str:
    """Report the standard tax rate, which the shop settings define."""
    percent = TaxRates().standard.percent.normalize()
    return f"Tax: prices include VAT at {percent:f} %. Check it in the shop settings."


@transaction.atomic
def set_up_delivery(countries: list[str], *, price: Decimal = DELIVERY_PRICE) -> Iterator[str]:
    """Create countries, a delivery method to them, a stock location and a product type.

    Raises KeyError for a country code that commerce.pricing.countries does not know.
    """
    made = open_countries(countries)
    yield f"Countries: {', '.join(made)} added." if made else "Countries: already set up."
    if DeliveryMethod.objects.exists():
        yield "Delivery: already set up."
    else:
        method = DeliveryMethod.objects.create(
            code="standard", name=_("Standard delivery"), price=price, min_days=2, max_days=5
        )
        method.countries.set(countries)
        yield f"Delivery: standard delivery at {price}. Check it in the dashboard before you open."
    Partner, ProductClass = get_model("partner", "Partner"), get_model("catalogue", "ProductClass")
    if not Partner.objects.exists():
        Partner.objects.create(name=current_shop().name)
    if not ProductClass.objects.exists():
        ProductClass.objects.create(name=_("General"))
    yield "Catalogue: a stock location and a product type exist."


@transaction.atomic
def set_up_legal_pages() -> str:
    """Create drafts of the legal pages, each with a note of what its text must cover."""
    home = HomePage.objects.first()
    if home is None:
        return "Legal pages: not created, as there is no home page."
    made = []
    for slug, title, must_cover in LEGAL_PAGES:
        if Page.objects.child_of(home).filter(slug=slug).exists():
            continue
        text = _("This page is not written yet. It must cover: %(what)s") % {"what": must_cover}
        page = StandardPage(title=title, slug=slug, live=False, has_unpublished_changes=True)
        page.body = [("text", f"<p><b>{text}</b></p>")]
        # Adding a child changes the parent's row: read it again.
        Page.objects.get(pk=home.pk).add_child(instance=page)
        page.save_revision()
        made.append(str(title))
    if not made:
        return "Legal pages: already set up."
    return f"Legal pages: drafts of {', '.join(made)}. Write and publish them before you open."


def is_admin(email: str) -> bool:
    """Whether the address belongs to an administrator."""
    return User.objects.filter(email__iexact=email, is_superuser=True).exists()


@transaction.atomic
def set_up_admin(email: str, *, password: str | None) -> str:
    """Create the first administrator. Without a password, mail a link to set one.

    Changes nothing if the administrator exists. Raises ValidationError for a weak password and
    ValueError if the address belongs to an account that is not an administrator's.
    """
    if is_admin(email):
        return f"Administrator: {email} already exists."
    if User.objects.filter(email__iexact=email).exists():
        raise ValueError(
            f"{email} belongs to an account that is not an administrator; use another address."
        )
    user = User(email=User.objects.normalize_email(email), is_staff=True, is_superuser=True)
    if password is not None:
        validate_password(password, user)
    user.set_password(password)  # None: an unusable password
    user.save()
    user.groups.add(Group.objects.get(name=ADMIN))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    if password is not None:
        return f"Administrator: {email} created."
    _mail_link(user)
    return f"Administrator: {email} created; a link to set the password is in the mail queue."


@in_the_shops_terms()
def _mail_link(user: User) -> None:
    key = PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )
    text = _(
        "You are the administrator of %(shop)s.\n\nSet your password with this link. It works once and "
        "expires after three days:\n%(url)s\n"
    ) % {"shop": current_shop().name, "url": absolute(path)}
    subject = _("Set your password for %(shop)s") % {"shop": current_shop().name}
    queue_mail(key=f"setup:{user.pk}:{key}", to=user.email, subject=subject, text=text, user=user)
