"""Who decided what: prices, stock, offers, vouchers, delivery and refunds, from what to what.

A model is watched by naming its fields. Its rows are compared with the database before they are
saved, and what differs is written in the same transaction. What counters and orders do goes through
``update()`` and is none of this; ``following`` is for acts of staff that go through it too.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from commerce.actor import actor_address, staff_actor
from commerce.audit.order_history import display_name
from commerce.models import AuditEntry, DeliveryMethod, SalePrice

Act = AuditEntry.Act
#: What is watched, in words, by the label of its model.
KINDS: dict[str, str | Promise] = {}
#: The fields of each.
FIELDS: dict[str, tuple[str, ...]] = {}
#: What changes are called in words where they are no field of a model.
CHANGE_NAMES: dict[str, str | Promise] = {}


#: Which rows are worth an entry, by the label of their model; without one all are.
FILTERS: dict[str, Callable[[Any], bool]] = {}


def watch(
    model: type[Model], *fields: str, name: str | Promise, only: Callable[[Any], bool] | None = None
) -> None:
    """Write down each change of these fields, and each row that comes or goes.

    ``only(instance)`` says which rows: accounts of customers come and go by themselves.
    """
    label = model._meta.label_lower
    KINDS[label], FIELDS[label] = name, fields
    if only is not None:
        FILTERS[label] = only
    pre_save.connect(_remember, sender=model, dispatch_uid=f"audit:{label}")
    post_save.connect(_follow_saved, sender=model, dispatch_uid=f"audit:{label}")
    post_delete.connect(_follow_deleted, sender=model, dispatch_uid=f"audit:{label}")


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
    instance.audit_before = sender._base_manager.filter(pk=instance.pk).values(*fields).first()


def _concerns(model: type[Model], instance: Any, update_fields: Iterable[str] | None) -> bool:
    """Whether saving these fields of a row may have to be written down."""
    label = model._meta.label_lower
    if update_fields is not None and not set(update_fields).intersection(FIELDS[label]):
        return False
    return FILTERS[label](instance) if label in FILTERS else True


def _follow_saved(
    sender: type[Model],
    instance: Any,
    raw: bool = False,
    update_fields: Iterable[str] | None = None,
    **kwargs: Any,
) -> None:
    before = instance.__dict__.pop("audit_before", None)
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


def _follow_deleted(sender: type[Model], instance: Any, **kwargs: Any) -> None:
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
    """Write down what of ``after`` differs from ``before``; nothing where nothing does."""
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
    AuditEntry.objects.create(
        kind=model._meta.label_lower,
        object_id=str(instance.pk),
        about=_name_of(instance),
        act=act,
        changes=changes,
        user=user,
        actor=display_name(user),
        address=actor_address() if user is not None else "",
    )


def _name_of(instance: Any) -> str:
    """What it is called. Oscar's benefits and conditions name their range, which may be gone."""
    try:
        return str(instance)[:255]
    except (ObjectDoesNotExist, AttributeError):
        return f"{instance._meta.verbose_name} {instance.pk}"


def _as_text(model: type[Model], name: str, value: Any) -> str | None:
    """A value as the log shows it, the same for one from a form and one from the database."""
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
    """What a row that another points to is called; its key where it is gone."""
    row = field.related_model._base_manager.filter(**{field.target_field.attname: key}).first()
    return _name_of(row) if row is not None else f"#{key}"


@contextmanager
def following(rows: QuerySet) -> Iterator[None]:
    """Write down what the block changes of the rows of a queryset by ``update()``.

    Needs an open transaction around it.
    """
    fields = FIELDS[rows.model._meta.label_lower]
    keys = list(rows.values_list("pk", flat=True))
    kept = rows.model._base_manager.filter(pk__in=keys)
    before = {row["pk"]: row for row in kept.values("pk", *fields)}
    yield
    for instance in kept:
        after = {name: getattr(instance, _column(rows.model, name)) for name in fields}
        record_change(instance, before[instance.pk], after)


def watch_the_shop() -> None:
    """What this floor watches; others add their own."""
    # Written by commerce.orders.shipping_address: an address that comes with an order is nobody's decision.
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
    watch(
        DeliveryMethod,
        "name", "price", "free_over", "min_days", "max_days",
        name=_("Delivery method"),
    )  # fmt: skip
