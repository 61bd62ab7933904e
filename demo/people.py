"""Loads the demo's customers, who cannot sign in, and their reviews."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Avg
from django.utils.text import slugify
from oscar.core.loading import get_model

from commerce.models import User
from demo import files

Product = get_model("catalogue", "Product")
ProductReview = get_model("reviews", "ProductReview")


def email_of(name: str) -> str:
    """The fictitious email address of a customer, at example.com."""
    return f"{slugify(name).replace('-', '.')}@example.com"


@transaction.atomic
def load_customers(rows: dict[str, Any] | None = None) -> dict[str, User]:
    """The customers by their key in customers.toml, without passwords. Creates missing ones."""
    rows = rows or files.read("customers")
    emails = {key: row.get("email") or email_of(row["name"]) for key, row in rows.items()}
    known = set(User.objects.filter(email__in=emails.values()).values_list("email", flat=True))
    User.objects.bulk_create(
        User(
            email=emails[key],
            first_name=row["name"].split(" ", 1)[0],
            last_name=row["name"].split(" ", 1)[1],
            password=make_password(None),
        )
        for key, row in rows.items()
        if emails[key] not in known
    )
    by_email = User.objects.in_bulk(emails.values(), field_name="email")
    return {key: by_email[email] for key, email in emails.items()}


@transaction.atomic
def load_reviews(
    customers: dict[str, User], *, at: datetime, reviews: dict[str, Any] | None = None
) -> None:
    """Load approved reviews of products that have none, and update the products' ratings.

    ``reviews`` is ``{UPC: rows}``, by default that of reviews.toml.
    """
    forms = reviews or {files.sku(code): rows for code, rows in files.read("reviews").items()}
    products = Product.objects.filter(upc__in=forms, reviews__isnull=True)
    rows = []
    for product in products:
        for place, (key, score, title, body) in enumerate(forms[product.upc]):
            review = ProductReview(
                product=product,
                user=customers[key],
                score=score,
                title=title,
                body=body,
                status=ProductReview.APPROVED,
                code=f"demo-{product.upc}-{place}".lower(),
            )
            rows.append((review, at - timedelta(days=9 + 17 * place + product.pk % 11)))
    if not rows:
        return
    ProductReview.objects.bulk_create([review for review, _written in rows])
    written = {review.code: when for review, when in rows}
    stored = list(ProductReview.objects.filter(code__in=written))
    for review in stored:
        review.date_created = written[review.code]
    ProductReview.objects.bulk_update(stored, ["date_created"])
    _rate(products.model.objects.filter(upc__in=forms))


def _rate(products):
    rated = list(
        products.filter(reviews__status=ProductReview.APPROVED).annotate(mean=Avg("reviews__score"))
    )
    for product in rated:
        product.rating = product.mean
    Product.objects.bulk_update(rated, ["rating"])
