"""The inventory of personal data: every field of every model, classified once.

A test fails for an unlisted model or field, including those of libraries. The tables are in
``shop_tables`` and ``plain_tables``, and beside the models of the other apps.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: What erasure does with a person's rows.
DELETED = _("deleted")
ANONYMISED = _("anonymised")
BOOKS = _("kept for accounting, anonymised after the statutory term")
UNLINKED = _("unlinked from the account")
EXPIRES = _("deleted by a retention rule")
NEVER = _("not personal")


@dataclass(frozen=True)
class Kind:
    """The classification of one model's fields.

    ``personal`` is about the person, ``hidden`` is a secret or a password, ``staff`` names who
    worked for the shop, ``plain`` is none of these. Personal and plain fields are exported in
    ``section``; if that is empty, ``left_out`` says why.
    """

    erasure: str | Promise
    personal: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    section: str = ""
    left_out: str | Promise = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every classified field."""
        return (*self.personal, *self.hidden, *self.staff, *self.plain)

    @property
    def exported(self) -> tuple[str, ...]:
        """The columns of an export."""
        return (*self.personal, *self.plain)


def about_people(
    erasure: str | Promise,
    personal: str = "",
    plain: str = "",
    *,
    hidden: str = "",
    staff: str = "",
    section: str = "",
    left_out: str | Promise = "",
) -> Kind:
    """A model with fields about people; each class of fields is a space-separated string."""
    return Kind(
        erasure,
        tuple(personal.split()),
        tuple(hidden.split()),
        tuple(staff.split()),
        tuple(plain.split()),
        section,
        left_out,
    )


def nothing_personal(tables: dict[str, str]) -> dict[str, Kind]:
    """Models without a field about people: ``{label: "field field"}``."""
    return {
        label: Kind(NEVER, plain=tuple(words.split()), left_out=NEVER)
        for label, words in tables.items()
    }
