"""Makes the product types, attributes, options and categories that imported products name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.bulk_sql import literal_in
from commerce.catalogue.category_tree import Category
from commerce.fields import collation_key
from commerce.imports.cells import words_in
from commerce.imports.product_merging import Catalogue
from commerce.imports.product_states import State, category_paths
from commerce.index.refresh_queue import one_refresh
from commerce.models import VariantOption
from commerce.slugs import code_from

#: Common names of options, by what search engines call them.
MEANINGS = {
    "color": ("colour", "color", "farbe", "couleur"),
    "size": ("size", "größe", "grösse", "taille"),
    "material": ("material", "matériau", "fabric"),
    "pattern": ("pattern", "muster", "motif"),
}


class Types:
    """The keys of types, attributes and option values, made on demand within a transaction."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._values: dict[int, dict[str, int]] = {}
        self._declared: dict[int, set[int]] = {}

    def class_id(self, name: str) -> int:
        """The type's key."""
        name = name or _("General")
        key = self.catalogue.classes.get(name.casefold())
        if key is None:
            row = get_model("catalogue", "ProductClass").objects.create(name=name)
            key = self.catalogue.classes[name.casefold()] = row.pk
            self.catalogue.names[key] = name
        return key

    def attribute(self, class_id: int, name: str, kind: str, *, is_option: bool = False) -> Any:
        """The attribute of a type; as an option of variants it is declared as such."""
        known = self.catalogue.attributes[class_id]
        found = self.catalogue.attribute_of(class_id, name)
        code = found.code if found else code_from(name)
        if found is None:
            group = None
            if kind in ("option", "multi_option"):
                groups = get_model("catalogue", "AttributeOptionGroup").objects
                group = groups.filter(name=name).first() or groups.create(name=name)
            known[code] = get_model("catalogue", "ProductAttribute").objects.create(
                product_class_id=class_id, code=code, name=name, type=kind, option_group=group
            )
        if is_option:
            self._declare(class_id, known[code])
        return known[code]

    def _declare(self, class_id: int, attribute: Any) -> None:
        """Declare an option. With the first one also those that variants of the type have so far.

        Undeclared ones work only as long as the type declares none (``option_set``).
        """
        if class_id not in self._declared:
            rows = VariantOption.objects.filter(attribute__product_class=class_id)
            self._declared[class_id] = set(rows.values_list("attribute_id", flat=True))
        declared = self._declared[class_id]
        if attribute.pk in declared:
            return
        known = {one.pk: one.name for one in self.catalogue.attributes[class_id].values()}
        used = [] if declared else [pk for pk in _used_options(class_id) if pk in known]
        for key in dict.fromkeys((*used, attribute.pk)):
            name = known[key].casefold()
            VariantOption.objects.create(
                attribute_id=key,
                position=len(declared),
                meaning=next((word for word, names in MEANINGS.items() if name in names), ""),
            )
            declared.add(key)

    def value(self, group: int, label: str) -> int:
        """The key of a value of an option group."""
        options = get_model("catalogue", "AttributeOption").objects
        if group not in self._values:
            rows = options.filter(group__in=literal_in([group])).order_by("-pk")
            self._values[group] = {
                collation_key(option.strip()): pk for pk, option in rows.values_list("pk", "option")
            }
        known = self._values[group]
        key = collation_key(label)
        if key not in known:
            known[key] = options.create(group_id=group, option=label).pk
        return known[key]


def _used_options(class_id: int) -> list[int]:
    """The keys of the select attributes that variants of a type have, in their order."""
    values = get_model("catalogue", "ProductAttributeValue").objects
    rows = values.filter(
        product__parent__product_class=class_id,
        attribute__product_class=class_id,
        attribute__type="option",
    )
    return list(rows.order_by("attribute_id").values_list("attribute_id", flat=True).distinct())


def make_missing(changes: Sequence[tuple[State | None, State]]) -> None:
    """Make what products need, one after the other in short transactions, before their batch.

    ``changes`` are states before and after; what variants have already is not declared an option.
    """
    types = Types(Catalogue())
    with one_refresh():
        category_ids(state for _before, state in changes)
        for before, state in changes:
            known = before["variants"] if before else {}
            class_id = types.class_id(state["type"])
            for given in state["attributes"].values():
                attribute = types.attribute(class_id, given["name"], given["type"])
                labels = [given["value"]] if attribute.type == "option" else []
                if attribute.type == "multi_option":
                    labels = words_in(given["value"], "|")
                for label in filter(None, labels):
                    types.value(attribute.option_group_id, label)
            for sku, variant in state["variants"].items():
                own = known.get(sku, {}).get("options", {})
                for name, label in variant["options"].items():
                    if own.get(name) != label:
                        option = types.attribute(class_id, name, "option", is_option=True)
                        types.value(option.option_group_id, label)


def category_ids(states: Iterable[State]) -> dict[tuple[str, ...], int]:
    """The keys of the categories that states name, ``{path: key}``; missing ones are made.

    New categories stand below the root for all products, if the shop has one.
    """
    found = {path: pk for pk, path in sorted(category_paths().items(), reverse=True)}
    wanted = {tuple(path) for state in states for path in state["categories"]}
    for path in sorted(wanted - found.keys()):
        for depth in range(1, len(path) + 1):
            if path[:depth] not in found:
                found[path[:depth]] = _made(path[depth - 1], found.get(path[: depth - 1]))
    return found


def _made(name: str, parent: int | None) -> int:
    if parent is not None:
        return Category.objects.get(pk=parent).add_child(name=name).pk
    whole = Category.objects.filter(depth=1, slug=Category.WHOLE_SHOP).first()
    return (whole.add_child(name=name) if whole else Category.add_root(name=name)).pk
