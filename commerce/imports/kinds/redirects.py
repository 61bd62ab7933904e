"""Redirects from paths of the old shop to pages of this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from wagtail.contrib.redirects.models import Redirect

from commerce.bulk_sql import literal_in
from commerce.imports.kinds.flat import FlatKind, in_batches, matched
from commerce.imports.kinds.products import owners_of
from commerce.imports.product_merging import normal_path
from commerce.imports.product_states import State, chunks, states_of
from commerce.imports.records import ReadOptions, Record
from commerce.imports.widgets import Sheet, TextWidget, YesWidget, column
from commerce.index.listings import product_url


class RedirectSheet(Sheet):
    """The columns of redirects. ``target`` is a path, a URL or a SKU."""

    old_path = column("old_path", TextWidget(255, is_required=True))
    target = column("target", TextWidget(255, is_required=True))
    permanent = column("permanent", YesWidget())


class RedirectKind(FlatKind):
    """Redirects by their old path. Those that lead to pages are the editors' and stay."""

    name = "redirects"
    permissions = ("wagtailredirects.add_redirect", "wagtailredirects.change_redirect")
    sheet_class = RedirectSheet
    keys = ("old_path",)
    export_permissions = ("wagtailredirects.view_redirect",)

    def defaults(self) -> State:
        """See ``FlatKind``."""
        return {"target": "", "permanent": True}

    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """See ``FlatKind``."""
        skus = {one for state in states if not _is_address(one := state.get("target", ""))}
        pages = _pages_of(skus)
        for state in states:
            state["old_path"] = normal_path(state["old_path"])
            target = state.get("target", "")
            if target in skus:
                state["target"] = pages.get(target.casefold(), target)
        rows: dict[str, tuple[int, State]] = {}
        for chunk in chunks([state["old_path"] for state in states]):
            keys = Redirect.objects.filter(old_path__in=chunk, site=None)
            for key, found in self.states(list(keys.values_list("pk", flat=True))).items():
                rows[found["old_path"]] = (key, found)
        return matched(states, rows, lambda state: state["old_path"])

    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """See ``FlatKind``."""
        rows = Redirect.objects.filter(pk__in=literal_in(keys))
        fields = rows.values_list("pk", "old_path", "redirect_link", "is_permanent")
        return {
            pk: {"old_path": path, "target": link, "permanent": permanent}
            for pk, path, link, permanent in fields
        }

    def settle(self, state: State, before: State | None, record: Record, facts: Any) -> State:
        """See ``FlatKind``."""
        target = state["target"]
        if before and not before["target"]:
            record.refuse(record.line, "", _("An editor’s redirect to a page has this path."))
        elif not target.startswith(("/", "http://", "https://")) or target.startswith("//"):
            text = _("“%(target)s” is neither a path, a URL nor a SKU of the shop.")
            record.refuse(record.line, "target", text % {"target": target[:80]})
        if normal_path(target) == state["old_path"]:
            record.refuse(record.line, "target", _("A path cannot lead to itself."))
        return state

    def create(self, state: State, options: ReadOptions) -> int:
        """See ``FlatKind``."""
        row = Redirect.objects.create(
            old_path=state["old_path"], redirect_link=state["target"],
            is_permanent=state["permanent"],
        )  # fmt: skip
        return row.pk

    def update(self, key: int, before: State, after: State) -> None:
        """See ``FlatKind``."""
        row = Redirect.objects.get(pk=key)
        row.redirect_link, row.is_permanent = after["target"], after["permanent"]
        row.save()

    def delete(self, key: int) -> None:
        """See ``FlatKind``."""
        Redirect.objects.get(pk=key).delete()

    def all_keys(self) -> Iterator[list[int]]:
        """See ``FlatKind``."""
        return in_batches(Redirect.objects.filter(site=None).exclude(redirect_link=""))


def _is_address(text: str) -> bool:
    return text.startswith(("/", "http://", "https://")) or not text


def _pages_of(skus: set[str]) -> dict[str, str]:
    """The paths of products by SKU in lower case."""
    owners = owners_of(skus)
    found = states_of(set(owners.values()))
    return {
        sku: product_url(owner, found[owner].slug)
        for sku, owner in owners.items()
        if owner in found
    }
