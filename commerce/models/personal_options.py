"""What a shopper may have done to an item: the price and length of Oscar's options."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from commerce.models.cache_tags import SITE

#: The most characters that an option can allow for a text.
MOST_CHARACTERS = 1000


class OptionPrice(models.Model):
    """The price of one of Oscar's options, such as an engraving, for each unit; and a text's length.

    Options without a row are free. The price includes the tax of the product.
    """

    cache_tags = (SITE,)

    class Meaning(models.TextChoices):
        """What the shop does with the answer besides showing it."""

        NONE = "", _("Nothing else")
        EMAIL = "email", _("Gift card: the recipient’s email address")
        RECIPIENT = "recipient", _("Gift card: the recipient’s name")
        MESSAGE = "message", _("Gift card: the message")
        SEND_ON = "send_on", _("Gift card: the day on which it is sent")

    option = models.OneToOneField(
        "catalogue.Option",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="pricing",
        verbose_name=_("option"),
    )
    price = models.DecimalField(
        _("price of each, tax included"),
        max_digits=8,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    max_length = models.PositiveSmallIntegerField(
        _("most characters"), default=200, help_text=_("Of a text.")
    )

    meaning = models.CharField(
        _("used for"), max_length=9, choices=Meaning.choices, blank=True, default=""
    )

    class Meta:
        verbose_name = _("price of an option")
        verbose_name_plural = _("prices of options")

    def __str__(self) -> str:
        return str(self.option)

    def clean(self) -> None:
        if self.max_length is not None and not 1 <= self.max_length <= MOST_CHARACTERS:
            text = _("A text can have 1 to %(most)d characters.") % {"most": MOST_CHARACTERS}
            raise ValidationError({"max_length": text})
