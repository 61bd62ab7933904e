"""Logs sign-ins, refusals and changes of permissions, with the network address.

Each event is a line of the log ``vitrine.security`` and a row of the audit log. A refused GET is
only a line of the log: reading a page writes nothing to the database.
"""

import logging
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commerce.actor import actor_address, address_of, is_staff, staff_actor
from commerce.audit.log import KINDS, watch
from commerce.audit.order_history import display_name
from commerce.models import AuditEntry, User
from commerce.same_origin import SAFE_METHODS

logger = logging.getLogger("vitrine.security")

Act = AuditEntry.Act
#: Kinds of entries that belong to no model.
ACCOUNT, STAFF_PAGE = "door", "staff-page"
KINDS |= {ACCOUNT: _("Account"), STAFF_PAGE: _("Staff page")}


def log_security_event(
    act: Act,
    *,
    about: object,
    user: Any = None,
    object_id: object = "",
    address: str = "",
    kind: str = ACCOUNT,
    changes: dict[str, Any] | None = None,
) -> None:
    """Write one event to the log and to the audit log. ``user`` is the actor, None if unknown.

    Never pass a typed name or password: people mix them up. The log gets the key of the object,
    never a name or an address: erasure doesn't reach log files.
    """
    subject = about if kind == STAFF_PAGE else object_id or "-"
    by = getattr(user, "pk", None)
    logger.info("%s: %s %s by %s from %s", act, kind, subject, by, address or "-")
    AuditEntry.objects.create(
        kind=kind,
        object_id=str(object_id)[:40],
        about=str(about)[:255],
        act=act,
        changes=changes or {},
        user=user,
        actor=display_name(user),
        address=address,
    )


def log_refusal(request: HttpRequest) -> None:
    """A signed-in user requested a staff page they may not open."""
    address = address_of(request)
    if request.method in SAFE_METHODS:
        logger.warning("refused: GET %s to %s from %s", request.path, request.user.pk, address)
        return
    log_security_event(
        Act.REFUSED,
        kind=STAFF_PAGE,
        about=f"{request.method} {request.path}",
        user=request.user,
        address=address,
    )


def log_missing_page(request: HttpRequest) -> None:
    """Log a request for a private page that doesn't exist or belongs to someone else.

    The path is left out, as it may contain a key.
    """
    user = request.user.pk if request.user.is_authenticated else "a guest"
    name = request.resolver_match.view_name if request.resolver_match else "-"
    logger.warning(
        "not found: %s %s to %s from %s", request.method, name, user, address_of(request)
    )


@receiver(user_logged_in)
def log_sign_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """A user signed in."""
    address = address_of(request) if request is not None else ""
    log_security_event(Act.SIGNED_IN, about=user, object_id=user.pk, user=user, address=address)


@receiver(user_logged_out)
def log_sign_out(
    sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any
) -> None:
    """A user signed out."""
    if user is not None:
        address = address_of(request) if request is not None else ""
        log_security_event(
            Act.SIGNED_OUT, about=user, object_id=user.pk, user=user, address=address
        )


@receiver(user_login_failed)
def log_failed_sign_in(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """A wrong password. An unknown address isn't stored: it may be a password."""
    email = credentials.get("email") or credentials.get("username") or ""
    address = address_of(request) if request is not None else ""
    user = get_user_model().objects.filter(email__iexact=email).first() if email else None
    # The same work without an account: the response time must not reveal which addresses exist.
    about = user if user is not None else _("no such account")
    log_security_event(Act.FAILED, about=about, object_id=user.pk if user else "", address=address)


def watch_people() -> None:
    """Watch accounts of staff: who is staff, who is active, roles and permissions."""
    User = get_user_model()
    watch(
        User,
        "email", "is_active", "is_staff", "is_superuser",
        name=_("Person"), only=_concerns_staff,
    )  # fmt: skip
    watch(Group, "name", name=_("Role"))
    for relation, name in (
        (User.groups, "groups"),
        (User.user_permissions, "user_permissions"),
        (Group.permissions, "permissions"),
    ):
        m2m_changed.connect(
            _on_members_changed, sender=relation.through, dispatch_uid=f"audit:{name}"
        )
    post_delete.connect(_log_deletion, sender=User, dispatch_uid="audit:person-deleted")


def _concerns_staff(user: User) -> bool:
    """Whether to log a change of an account: it is of staff, or made by staff.

    Customers' changes of their own accounts are in the log without names.
    """
    return is_staff(user) or user.is_superuser or staff_actor() is not None


def _log_deletion(sender: Any, instance: Any, **kwargs: Any) -> None:
    logger.info("deleted: account %s by %s", instance.pk, getattr(staff_actor(), "pk", None))


def _on_members_changed(
    sender: Any,
    instance: Any,
    action: str,
    reverse: bool,
    model: type[Model],
    pk_set: set[int] | None,
    **kwargs: Any,
) -> None:
    """Log roles and permissions gained or lost. Changes by loaders and migrations aren't logged."""
    if action not in {"post_add", "post_remove", "pre_clear"} or staff_actor() is None:
        return
    others = list(model._base_manager.filter(pk__in=pk_set or ()))
    is_gain = action == "post_add"
    if reverse:
        for other in others:
            _log_members(sender, other, [instance], is_gain=is_gain)
    else:
        _log_members(sender, instance, others, is_gain=is_gain)


def _log_members(
    through: type[Model], row: Model, members: Iterable[Model], *, is_gain: bool
) -> None:
    names = ", ".join(sorted(map(str, members))) or str(_("all sessions"))
    field = (through._meta.model_name or "").partition("_")[2]
    log_security_event(
        Act.CHANGED,
        kind=row._meta.label_lower,
        about=row,
        object_id=row.pk,
        user=staff_actor(),
        address=actor_address(),
        changes={field: [None, names] if is_gain else [names, None]},
    )
