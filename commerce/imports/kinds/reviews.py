"""Reviews of products, from the old shop: approved or waiting for a moderator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.imports.kinds.base import Rows
from commerce.imports.kinds.flat import FlatKind, in_batches
from commerce.imports.kinds.products import by_handle, owners_of
from commerce.imports.product_states import State, moment_text
from commerce.imports.records import ReadOptions, Record
from commerce.imports.widgets import (
    ChoiceWidget,
    EmailWidget,
    MomentWidget,
    Sheet,
    TextWidget,
    UnitsWidget,
    column,
)
from commerce.models import User

STATUSES = {"approved": 1, "pending": 0, "rejected": 2}


class ReviewSheet(Sheet):
    """The columns of reviews. ``product`` is a SKU, or the product's part of its URL."""

    product = column("product", TextWidget(is_required=True))
    score = column("score", UnitsWidget(5, is_required=True))
    title = column("title", TextWidget(255))
    body = column("body", TextWidget(20_000))
    name = column("name", TextWidget(255))
    email = column("email", EmailWidget(254))
    status = column("status", ChoiceWidget(*STATUSES, default="pending"))
    date = column("date", MomentWidget())


class ReviewKind(FlatKind):
    """Reviews, found by product, title, and the author's name or else email address.

    An author with an account is linked to it if ``ReadOptions.with_accounts``. Otherwise no account
    is looked up, so the review never counts as one of a verified buyer. States hold what the review
    itself says, never the name or address of an account, because the run's page shows them.
    """

    name = "reviews"
    permissions = (
        "reviews.add_productreview", "reviews.change_productreview", "catalogue.view_product",
    )  # fmt: skip
    sheet_class = ReviewSheet
    keys = ("product", "name", "title")
    export_permissions = ("reviews.view_productreview", "commerce.view_user")
    formats = {
        "judgeme": (
            "Judge.me",
            {
                "product_handle": "product", "rating": "score", "title": "title", "body": "body",
                "reviewer_name": "name", "reviewer_email": "email", "review_date": "date",
            },
        )
    }  # fmt: skip

    def defaults(self) -> State:
        """See ``FlatKind``."""
        return {"title": "", "body": "", "name": "", "email": "", "status": "pending", "date": None}

    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """See ``FlatKind``."""
        names = {state["product"] for state in states}
        owners = owners_of(names)
        slugs = by_handle(names)
        for state in states:
            name = state["product"]
            state["product_id"] = owners.get(name.casefold()) or slugs.get(name)
        keys = {state["product_id"] for state in states} - {None}
        rows = get_model("reviews", "ProductReview").objects.filter(product__in=literal_in(keys))
        known: dict[tuple[Any, ...], tuple[int, State]] = {}
        pks = list(rows.values_list("pk", flat=True))
        accounts = _accounts(pks) if options.with_accounts else {}
        for key, one in self.states(pks).items():
            for author in (one["name"], one["email"], *accounts.get(key, ())):
                known[one["product_id"], author, one["title"]] = (key, one)
        found = []
        for state in states:
            product, title = state["product_id"], state.get("title") or ""
            authors = filter(None, (state.get("name"), state.get("email")))
            hits = (known.get((product, author, title)) for author in authors)
            hit = next(filter(None, hits), None)
            if hit:
                # The file may name a product by its SKU, and the author by an earlier name.
                state |= {name: hit[1][name] for name in ("product", "name")}
            found.append(hit)
        return found

    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """See ``FlatKind``."""
        names = {number: name for name, number in STATUSES.items()}
        rows = get_model("reviews", "ProductReview").objects.filter(pk__in=literal_in(keys))
        return {
            row.pk: {
                "product": row.product.slug, "product_id": row.product_id, "score": row.score,
                "title": row.title, "body": row.body, "name": row.name, "email": row.email,
                "status": names.get(row.status, "pending"), "date": moment_text(row.date_created),
            }
            for row in rows.select_related("product")
        }  # fmt: skip

    def settle(self, state: State, before: State | None, record: Record, facts: Any) -> State:
        """See ``FlatKind``."""
        if state.get("product_id") is None:
            text = _("The shop has no product “%(product)s”.")
            record.refuse(record.line, "product", text % {"product": state["product"][:80]})
        if not state["body"] and not state["title"]:
            record.refuse(record.line, "body", _("The review has no text."))
        if before:
            state |= {name: before[name] for name in ("date", "email")}
        return state

    def create(self, state: State, options: ReadOptions) -> int:
        """See ``FlatKind``."""
        user = None
        if options.with_accounts and state["email"]:
            user = User.objects.filter(email=state["email"]).first()
        reviews = get_model("reviews", "ProductReview").objects
        if user and reviews.filter(product=state["product_id"], user=user).exists():
            user = None  # one review per account and product
        row = reviews.create(
            product_id=state["product_id"], score=state["score"], title=state["title"][:255],
            body=state["body"], user=user, name=state["name"],
            email="" if user else state["email"], status=STATUSES[state["status"]],
        )  # fmt: skip
        if state["date"]:
            moment = datetime.fromisoformat(state["date"])
            reviews.filter(pk=row.pk).update(date_created=moment)
        row.refresh_from_db()
        row.product.update_rating()
        state |= self.states([row.pk])[row.pk]
        return row.pk

    def update(self, key: int, before: State, after: State) -> None:
        """See ``FlatKind``."""
        row = get_model("reviews", "ProductReview").objects.get(pk=key)
        row.score, row.body = after["score"], after["body"]
        row.status = STATUSES[after["status"]]
        row.save()
        row.product.update_rating()

    def delete(self, key: int) -> None:
        """See ``FlatKind``."""
        row = get_model("reviews", "ProductReview").objects.get(pk=key)
        product = row.product
        row.delete()
        product.update_rating()

    def all_keys(self) -> Iterator[list[int]]:
        """See ``FlatKind``."""
        return in_batches(get_model("reviews", "ProductReview").objects.all())

    def rows(self) -> Rows:
        """See ``FlatKind``. Whoever may export may see accounts: theirs fill in what is empty."""
        yield list(self.sheet.get_export_headers())
        for keys in self.all_keys():
            accounts = _accounts(keys)
            for key, state in sorted(self.states(keys).items()):
                name, email = accounts.get(key, ("", ""))
                state["name"], state["email"] = state["name"] or name, state["email"] or email
                yield list(self.sheet.export_resource(state))


def _accounts(keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    """The full names and addresses of the accounts of reviews, by the review's key."""
    rows = get_model("reviews", "ProductReview").objects.filter(pk__in=literal_in(keys))
    linked = rows.exclude(user=None).select_related("user")
    return {row.pk: (row.user.get_full_name(), row.user.email) for row in linked}
