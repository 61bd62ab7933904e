"""Addresses that check and write themselves by the rules of their country.

The tables are Oscar's; ``commerce.forks`` puts these classes in the place of its own.
"""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from oscar.apps.address.abstract_models import (
    AbstractBillingAddress,
    AbstractPartnerAddress,
    AbstractShippingAddress,
    AbstractUserAddress,
)

from commerce.addresses.countries import rules_for
from commerce.addresses.lines import address_lines
from commerce.addresses.postcodes import clean_postcode, postcode_example

if TYPE_CHECKING:
    from oscar.apps.address.abstract_models import AbstractAddress as Base
else:
    Base = object


class PostalAddress(Base):
    """Replaces Oscar's patterns of postcodes, and its order of lines, by those of the country."""

    postcode: str

    def ensure_postcode_is_valid_for_country(self) -> None:
        """Write the postcode as its country does. Raises ValidationError for one it doesn't have."""
        if not self.country_id:
            return
        try:
            self.postcode = clean_postcode(self.country_id, self.postcode or "")
        except ValidationError as refused:
            raise ValidationError({"postcode": refused.messages}) from refused
        if not self.postcode and "postcode" in rules_for(self.country_id).required:
            raise ValidationError({"postcode": missing_postcode(self.country_id)})

    def active_address_fields(self) -> list[str]:
        """The lines of the address in the order of its country."""
        return address_lines(self)

    @property
    def lines_of_place(self) -> list[str]:
        """The lines without the person's name."""
        return address_lines(self, with_name=False)


def missing_postcode(country: str) -> str:
    """What to tell somebody who left the postcode out."""
    name, example = rules_for(country).postcode_name, postcode_example(country)
    if not example:
        return _("Enter the %(postcode)s.") % {"postcode": name}
    return _("Enter the %(postcode)s, such as %(example)s.") % {
        "postcode": name, "example": example,
    }  # fmt: skip


class UserAddress(PostalAddress, AbstractUserAddress):
    """An address of an account's address book."""


class ShippingAddress(PostalAddress, AbstractShippingAddress):
    """The delivery address of an order."""


class BillingAddress(PostalAddress, AbstractBillingAddress):
    """The billing address of an order."""


class PartnerAddress(PostalAddress, AbstractPartnerAddress):
    """The address of a supplier."""
