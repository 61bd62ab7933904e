"""The audit log: decisions about prices, stock, offers, vouchers, delivery and refunds.

A model is watched by naming its fields. Rows are compared with the database before they are saved,
and differences are written in the same transaction. Changes by ``update()``, such as those of
counters and orders, are not logged; ``log_updates`` logs those by staff.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.actor import actor_address, staff_actor
from commerce.audit.order_history import display_name
from commerce.models import (
    AuditEntry,
    BundlePart,
    DeliveryMethod,
    OptionPrice,
    OwnTaxRate,
    ProductFile,
    ProductTypeTax,
    SalePrice,
    VoucherTerms,
)

Act = AuditEntry.Act
#: The names of watched models, by label.
KINDS: dict[str, str | Promise] = {}
#: The watched fields of each model, by label.
FIELDS: dict[str, tuple[str, ...]] = {}
#: The names of changes that are no model fields.
CHANGE_NAMES: dict[str, str | Promise] = {}
#: The values of a row before its save, by the state of the instance being saved.
_before: WeakKeyDictionary[ModelState, Any] = WeakKeyDictionary()
#: Filters for the rows to log, by label; without one all rows are logged.
FILTERS: dict[str, Callable[[Any], bool]] = {}


class _Collected(NamedTuple):
    """The names and entries of an ``entries_at_once`` block."""

    names: dict[tuple[str, Any], str]
    entries: list[AuditEntry]


_collected: ContextVar[_Collected | None] = ContextVar("collected entries", default=None)


def watch(
    model: type[Model], *fields: str, name: str | Promise, only: Callable[[Any], bool] | None = None
) -> None:
    """Log each change of these fields, and each row added or deleted.

    ``only(instance)`` selects rows: customers' accounts come and go without a decision by staff.
    """
    label = model._meta.label_lower
    KINDS[label], FIELDS[label] = name, fields
    if only is not None:
        FILTERS[label] = only
    pre_save.connect(_remember, sender=model, dispatch_uid=f"audit:{label}")
    post_save.connect(_on_row_saved, sender=model, dispatch_uid=f"audit:{label}")
    post_delete.connect(_on_row_deleted, sender=model, dispatch_uid=f"audit:{label}")


def _remember(
    sender: type[Model],
    instance: Any,
    raw: bool = False,
    update_fields: Iterable[str] | None = None,
    **kwargs: Any,
) -> None:
    if raw or instance.pk is None or not _concerns(sender, instance, update_fields):
        return
    fields = FIELDS[sender._meta.label_lower]
    _before[instance._state] = sender._base_manager.filter(pk=instance.pk).values(*fields).first()


def _concerns(model: type[Model], instance: Any, update_fields: Iterable[str] | None) -> bool:
    """Whether saving these fields of a row may need an entry."""
    label = model._meta.label_lower
    if update_fields is not None and not set(update_fields).intersection(FIELDS[label]):
        return False
    return FILTERS[label](instance) if label in FILTERS else True


def _on_row_saved(
    sender: type[Model],
    instance: Any,
    raw: bool = False,
    update_fields: Iterable[str] | None = None,
    **kwargs: Any,
) -> None:
    before = _before.pop(instance._state, None)
    if raw or not _concerns(sender, instance, update_fields):
        return
    fields = FIELDS[sender._meta.label_lower]
    if update_fields is not None:
        fields = tuple(name for name in fields if name in update_fields)
    deferred = instance.get_deferred_fields()
    after = {
        name: getattr(instance, _column(sender, name)) for name in fields if name not in deferred
    }
    record_change(instance, before, after, act=Act.ADDED if before is None else Act.CHANGED)


def _on_row_deleted(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    if not _concerns(sender, instance, None):
        return
    before = {
        name: getattr(instance, _column(sender, name)) for name in FIELDS[sender._meta.label_lower]
    }
    record_change(instance, before, dict.fromkeys(before), act=Act.DELETED)


def _column(model: type[Model], name: str) -> str:
    return cast(models.Field, model._meta.get_field(name)).attname


def record_change(
    instance: Any, before: dict[str, Any] | None, after: dict[str, Any], *, act: Act = Act.CHANGED
) -> None:
    """Log how ``after`` differs from ``before``; nothing if they are equal."""
    model = type(instance)
    changes = {}
    for name, value in after.items():
        old = _as_text(model, name, (before or {}).get(name))
        new = _as_text(model, name, value)
        if old != new:
            changes[name] = [old, new]
    if not changes and act == Act.CHANGED:
        return
    user = staff_actor()
    if user is None and act == Act.ADDED:
        user = getattr(instance, "user", None)  # a refund names who asked for it
    entry = AuditEntry(
        kind=model._meta.label_lower,
        object_id=str(instance.pk),
        about=_name_of(instance),
        act=act,
        changes=changes,
        user=user,
        actor=display_name(user),
        address=actor_address() if user is not None else "",
    )
    if (collected := _collected.get()) is not None:
        collected.entries.append(entry)
    else:
        entry.save()


@contextmanager
def entries_at_once(names: Mapping[tuple[str, int], str]) -> Iterator[None]:
    """Write the entries of the block with one query at its end: for imports.

    ``names`` are names of rows by label and key. Without them each row reads what its name consists
    of; rows that others refer to are read once. Needs an open transaction.
    """
    collected = _Collected(dict(names), [])
    token = _collected.set(collected)
    try:
        yield
    finally:
        _collected.reset(token)
    AuditEntry.objects.bulk_create(collected.entries)


def _name_of(instance: Any) -> str:
    """The name of a row. Oscar's benefits and conditions name their range, which may be deleted."""
    collected = _collected.get()
    known = collected.names if collected else {}
    if name := known.get((instance._meta.label_lower, instance.pk)):
        return name[:255]
    try:
        return str(instance)[:255]
    except (ObjectDoesNotExist, AttributeError):
        return f"{instance._meta.verbose_name} {instance.pk}"


def _as_text(model: type[Model], name: str, value: Any) -> str | None:
    """A value as the log shows it, the same for form data and database values."""
    if value is None or value == "":
        return None
    field = cast(models.Field, model._meta.get_field(name))
    if isinstance(field, models.ForeignKey):
        return _name_of_row(field, value)
    if isinstance(value, Promise):
        value = str(value)
    value = field.to_python(value)
    if isinstance(field, models.DecimalField):
        return f"{value:.{field.decimal_places}f}"
    if isinstance(field, models.DateTimeField):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _name_of_row(field: Any, key: Any) -> str:
    """The name of a related row; its key if it is deleted."""
    collected, of = _collected.get(), (field.related_model._meta.label_lower, key)
    if collected and of in collected.names:
        return collected.names[of]
    row = field.related_model._base_manager.filter(**{field.target_field.attname: key}).first()
    name = _name_of(row) if row is not None else f"#{key}"
    if collected:
        collected.names[of] = name
    return name


@contextmanager
def log_updates(rows: QuerySet) -> Iterator[None]:
    """Log what the block changes in a queryset's rows by ``update()``.

    Needs an open transaction.
    """
    fields = FIELDS[rows.model._meta.label_lower]
    keys = list(rows.values_list("pk", flat=True))
    changed = rows.model._base_manager.filter(pk__in=keys)
    before = {row["pk"]: row for row in changed.values("pk", *fields)}
    yield
    for instance in changed:
        after = {name: getattr(instance, _column(rows.model, name)) for name in fields}
        record_change(instance, before[instance.pk], after)


def watch_the_shop() -> None:
    """Watch the models of ``commerce``; other apps add their own."""
    # Logged by commerce.orders.shipping_address: the address of a new order is no decision by staff.
    KINDS["order.shippingaddress"] = _("Delivery address")
    watch(
        get_model("partner", "StockRecord"),
        "price", "price_currency", "num_in_stock", "low_stock_threshold", "partner",
        name=_("Price and stock"),
    )  # fmt: skip
    watch(SalePrice, "stockrecord", "price", "start", "until", name=_("Sale price"))
    watch(
        get_model("offer", "ConditionalOffer"),
        "name", "offer_type", "status", "priority", "exclusive", "condition", "benefit",
        "start_datetime", "end_datetime", "max_global_applications", "max_user_applications",
        "max_basket_applications", "max_discount",
        name=_("Offer"),
    )  # fmt: skip
    watch(
        get_model("offer", "Condition"), "range", "type", "value", name=_("Condition of an offer")
    )
    watch(
        get_model("offer", "Benefit"),
        "range", "type", "value", "max_affected_items",
        name=_("Benefit of an offer"),
    )  # fmt: skip
    watch(
        get_model("voucher", "Voucher"),
        "name", "code", "usage", "start_datetime", "end_datetime",
        name=_("Voucher"),
    )  # fmt: skip
    watch(VoucherTerms, "is_for_first_order", "most_orders", name=_("Conditions of a voucher"))
    watch(OptionPrice, "price", name=_("Price of an option"))
    watch(ProductTypeTax, "tax_class", name=_("Tax class of a product type"))
    watch(OwnTaxRate, "country", "tax_class", "percent", "since", "until", name=_("VAT rate"))
    watch(BundlePart, "bundle", "part", "quantity", name=_("Part of a bundle"))
    watch(
        ProductFile, "product", "title", "name", "size", "is_offered", name=_("File for download")
    )
    watch(
        DeliveryMethod,
        "name", "price", "free_over", "min_days", "max_days",
        name=_("Delivery method"),
    )  # fmt: skip
