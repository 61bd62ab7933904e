"""Creates a person with data in every part of the shop, and searches for traces of them."""

import re

from allauth.account.internal.flows.manage_email import emit_email_changed
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from django.apps import apps
from django.db.models import JSONField
from django.db.models.fields import CharField, EmailField, TextField
from django.test import RequestFactory
from oscar.core.loading import get_model

from commerce.accounts.pictures import save_picture
from commerce.audit.order_history import record_event
from commerce.mail.outbox import queue_mail
from commerce.models import OutgoingMail, ReturnRequest, WishListLink, Withdrawal
from tests.actors import acted_by
from tests.factories import ADDRESS, make_paid_order, make_user

EMAIL = "ada@example.com"
#: Her previous address.
FORMER = "Marsh@former.example"
#: Words that identify Ada anywhere.
NAMES = ("ada@example", "marsh@former", "Marsh", "12 Quay", "NR23 1AH", "447700900123")


def models():
    """Every model of the installation, including those of many-to-many tables."""
    return apps.get_models(include_auto_created=True)


def model_of(label):
    return get_model(*label.split("."))


def deliver(order):
    """Move a paid order to its final status."""
    for status in ("Packing", "Shipped", "Delivered"):
        type(order).objects.filter(pk=order.pk).update(status=status)
    order.refresh_from_db()
    order.lines.update(num_allocated=0)
    return order


def make_ada(product):
    """Return an account that used every feature, and its one delivered order."""
    user = make_user(FORMER, first_name="Ada", last_name="Marsh")
    change_address(user, EMAIL)
    order = deliver(make_paid_order((product, 1), user=user))
    write_on_order(order)
    user.addresses.create(**ADDRESS, country_id="GB", phone_number="07700 900123")
    save_picture(user, b"a picture of Ada")
    model_of("basket.Basket").objects.create(owner=user)
    wishes = user.wishlists.create(name="For Ada Marsh")
    wishes.lines.create(product=product, title=product.title)
    WishListLink.objects.create(wishlist=wishes, token="a-secret-token-of-a-list")
    other = make_user("grace@example.com").wishlists.create(name="Presents")
    other.shared_emails.create(email=EMAIL)
    product.reviews.create(
        score=5, title="Lovely", body="Holds a lot", user=user, name="Ada Marsh", email=EMAIL
    )
    model_of("customer.ProductAlert").objects.create(user=user, product=product)
    model_of("customer.ProductAlert").objects.create(email=EMAIL, product=product)
    model_of("analytics.UserSearch").objects.create(user=user, query="a mug for Marsh")
    model_of("communication.Email").objects.create(
        user=user, email=EMAIL, subject="Hello Ada Marsh", body_text="Dear Ada Marsh"
    )
    queue_mail(key="for-ada", to=EMAIL, subject="Hello", text="Dear Ada Marsh", user=user)
    OutgoingMail.objects.create(key="code-for-ada", to=EMAIL, subject="493817 is your code",
                                body_text="493817", is_secret=True)  # fmt: skip
    return user, order


def change_address(user, email):
    """Change an account's address: the owner verifies a new one, then staff edit the row."""
    old = user.emailaddress_set.get()
    request = RequestFactory().post("/")
    request.session, request.user = {}, user
    with request_context(request):
        new = EmailAddress(user=user, email=email, verified=True, primary=True)
        old.remove()
        new.save()
        emit_email_changed(request, old, new)
    clerk = make_user("clerk@example.com", is_staff=True)
    with acted_by(clerk):
        user.email = email
        user.save(update_fields=["email"])


def write_on_order(order):
    """Add everything that a buyer can write on an order: a note, a closed return, a withdrawal."""
    model_of("order.ShippingAddress").objects.filter(order=order).update(
        phone_number="+447700900123", notes="Leave it with Mrs Marsh"
    )
    order.notes.create(message="Ada Marsh rang")
    ReturnRequest.objects.create(
        number="R-1", key="r-1", order=order, reason="Ada Marsh changed her mind",
        state=ReturnRequest.State.REFUNDED,
    )  # fmt: skip
    record_event(order, "return", "Return requested: Ada Marsh changed her mind")
    Withdrawal.objects.create(
        number="W-1", key="w-1", name="Ada Marsh", email=EMAIL, order_number=order.number,
        items="the mug of Ada Marsh", order=order, state=Withdrawal.State.ACCEPTED,
    )  # fmt: skip


def traces_of(*names):
    """``label.field`` of every text in the database that contains one of the names."""
    words = re.compile("|".join(rf"\b{re.escape(name)}" for name in names), re.IGNORECASE)
    found = set()
    for model in models():
        fields = [
            field
            for field in model._meta.local_fields
            if isinstance(field, CharField | TextField | EmailField | JSONField)
        ]
        if not fields or model._meta.proxy or not model._meta.managed:
            continue
        label = model._meta.label_lower
        for row in model._base_manager.values(*(field.name for field in fields)):
            for name, value in row.items():
                if words.search(str(value)):
                    found.add(f"{label}.{name}")
    return found
