"""Customers: accounts without a password, with their address and their consent to advertising."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.accounts.email_addresses import canonical_address
from commerce.accounts.invitations import invite_imported
from commerce.addresses.phones import parse_phone
from commerce.addresses.postcodes import clean_postcode
from commerce.bulk_sql import literal_in
from commerce.imports.kinds.base import Undone
from commerce.imports.kinds.flat import FlatKind, in_batches, matched
from commerce.imports.product_states import State, chunks
from commerce.imports.records import ReadOptions, Record
from commerce.imports.widgets import EmailWidget, Sheet, TextWidget, YesWidget, column
from commerce.models import MarketingConsent, User

#: Our columns of an address, and the fields that they fill.
ADDRESS = {
    "line1": "line1", "line2": "line2", "city": "line4", "state": "state", "postcode": "postcode",
    "country": "country_id", "phone": "phone_number",
}  # fmt: skip
NAMES = ("first_name", "last_name")
#: Where an imported consent comes from.
SOURCE = "import"


class Facts(NamedTuple):
    """What the shop knows: addresses of staff in the file, and all countries."""

    staff: set[str]
    countries: set[str]


class CustomerSheet(Sheet):
    """The columns of customers."""

    email = column("email", EmailWidget(254, is_required=True))
    first_name = column("first_name", TextWidget(150))
    last_name = column("last_name", TextWidget(150))
    accepts_marketing = column("accepts_marketing", YesWidget())
    line1 = column("line1", TextWidget())
    line2 = column("line2", TextWidget())
    city = column("city", TextWidget())
    state = column("state", TextWidget())
    postcode = column("postcode", TextWidget(64))
    country = column("country", TextWidget(2))
    phone = column("phone", TextWidget(64))


class CustomerKind(FlatKind):
    """Customers by their email address. Accounts of staff are never changed."""

    name = "customers"
    permissions = ("commerce.add_user", "commerce.change_user")
    sheet_class = CustomerSheet
    keys = ("email",)
    export_permissions = ("commerce.view_user", "commerce.change_user")
    formats = {
        "shopify": (
            "Shopify",
            {
                "Email": "email", "First Name": "first_name", "Last Name": "last_name",
                "Accepts Email Marketing": "accepts_marketing",
                "Default Address Address1": "line1", "Default Address Address2": "line2",
                "Default Address City": "city", "Default Address Province Code": "state",
                "Default Address Zip": "postcode", "Default Address Country Code": "country",
                "Default Address Phone": "phone",
            },
        )
    }  # fmt: skip

    def defaults(self) -> State:
        """See ``FlatKind``."""
        return {"first_name": "", "last_name": "", "accepts_marketing": None} | dict.fromkeys(
            ADDRESS, ""
        )

    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """See ``FlatKind``."""
        for state in states:
            state["email"] = canonical_address(state["email"])
        rows: dict[str, tuple[int, State]] = {}
        for chunk in chunks([state["email"] for state in states]):
            keys = User.objects.filter(email__in=chunk).values_list("pk", flat=True)
            for key, found in self.states(list(keys)).items():
                rows[found["email"]] = (key, found)
        return matched(states, rows, lambda state: state["email"])

    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """See ``FlatKind``."""
        users = User.objects.filter(pk__in=literal_in(keys))
        consents = dict(
            MarketingConsent.objects.filter(user__in=literal_in(keys)).values_list(
                "user_id", "is_given"
            )
        )
        found = {
            pk: {**self.defaults(), "email": email, "first_name": first, "last_name": last,
                 "accepts_marketing": consents.get(pk)}
            for pk, email, first, last in users.values_list("pk", "email", *NAMES)
        }  # fmt: skip
        for address in _addresses(keys):
            state = found[address.user_id]
            for name, field in ADDRESS.items():
                state[name] = str(getattr(address, field) or "")
        return found

    def facts(self, states: Sequence[State]) -> Facts:
        """See ``FlatKind``."""
        staff: set[str] = set()
        for chunk in chunks([state["email"] for state in states]):
            rows = User.objects.filter(email__in=chunk, is_staff=True)
            staff |= set(rows.values_list("email", flat=True))
        countries = get_model("address", "Country").objects.values_list("pk", flat=True)
        return Facts(staff, set(countries))

    def settle(self, state: State, before: State | None, record: Record, facts: Facts) -> State:
        """See ``FlatKind``: an address that its country does not have is left out, with a remark."""
        if not state["email"].isascii():
            record.refuse(record.line, "email", _("The address must consist of plain letters."))
        if before and state["email"] in facts.staff:
            record.refuse(record.line, "email", _("This is the account of a member of staff."))
        old = {name: (before or self.defaults())[name] for name in ADDRESS}
        new = {name: state[name] for name in ADDRESS}
        if new != old:
            state |= self._checked(new, old, record, facts)
        return state

    def _checked(self, new: State, old: State, record: Record, facts: Facts) -> State:
        country = new["country"].upper()
        if not new["line1"] or country not in facts.countries:
            if any(new.values()):
                text = _("Imported without the address: it lacks a street or a known country.")
                record.remark(record.line, "country", text)
            return old
        try:
            postcode = clean_postcode(country, new["postcode"])
        except ValidationError as error:
            record.remark(record.line, "postcode", " ".join(error.messages))
            return old
        phone = ""
        if new["phone"]:
            try:
                phone = str(parse_phone(new["phone"], country))
            except ValidationError as error:
                record.remark(record.line, "phone", " ".join(error.messages))
        return {**new, "country": country, "postcode": postcode, "phone": phone}

    def create(self, state: State, options: ReadOptions) -> int:
        """See ``FlatKind``. The account has no password; its mail has a link to set one."""
        user = User(email=state["email"], **{name: state[name] for name in NAMES})
        user.set_unusable_password()
        user.save()
        self._write(user.pk, self.defaults(), state)
        if options.with_mail:
            invite_imported(user)
        return user.pk

    def update(self, key: int, before: State, after: State) -> None:
        """See ``FlatKind``."""
        changed = {name: after[name] for name in NAMES if before[name] != after[name]}
        if changed:
            User.objects.filter(pk=key).update(**changed)
        self._write(key, before, after)

    def _write(self, key: int, before: State, after: State) -> None:
        consent = after["accepts_marketing"]
        if consent != before["accepts_marketing"]:
            rows = MarketingConsent.objects.filter(user=key)
            if consent is None:
                rows.delete()
            else:
                rows.update_or_create(user_id=key, defaults={"is_given": consent, "source": SOURCE})
        if {n: before[n] for n in ADDRESS} == {n: after[n] for n in ADDRESS}:
            return
        address = next(iter(_addresses([key])), None)
        if not after["line1"]:
            if address is not None:
                address.delete()
            return
        # The file does not say who receives parcels at an address that the shop has.
        address = address or get_model("address", "UserAddress")(
            user_id=key, is_default_for_shipping=True, is_default_for_billing=True,
            first_name=after["first_name"], last_name=after["last_name"],
        )  # fmt: skip
        for name, field in ADDRESS.items():
            setattr(address, field, after[name])
        address.save()

    def may_undo(self, row: Undone) -> bool:
        """See ``FlatKind``: an account that was used stays."""
        user = User.objects.filter(pk=row.object_id).first()
        if user is None or row.before is not None:
            return user is not None
        return user.last_login is None and not user.orders.exists()

    def delete(self, key: int) -> None:
        """See ``FlatKind``."""
        User.objects.get(pk=key).delete()

    def all_keys(self) -> Iterator[list[int]]:
        """See ``FlatKind``: customers that are no staff."""
        return in_batches(User.objects.filter(is_staff=False))


def _addresses(keys: Sequence[int]) -> list[Any]:
    """The first address of each account."""
    rows = get_model("address", "UserAddress").objects.filter(user__in=literal_in(keys))
    found: dict[int, Any] = {}
    for row in rows.order_by("-is_default_for_shipping", "pk"):
        found.setdefault(row.user_id, row)
    return list(found.values())
