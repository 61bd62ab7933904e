"""The options that variants differ in, and how their values are shown.

Oscar stores the facts: a select attribute of the product type, and its value for each variant. These
tables add what a shop needs to offer them: which attributes are options, in which order, and with
which control and swatches.
"""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from commerce.models.cache_tags import SETS, SITE

#: One colour, or two for a swatch that is split.
COLOUR = r"^#[0-9a-f]{6}( #[0-9a-f]{6})?$"


class VariantOption(models.Model):
    """An option of a product type, such as Colour or Size: a select attribute that variants differ in.

    The options of a type are ordered by ``position``.
    """

    class Control(models.TextChoices):
        AUTOMATIC = "auto", _("Automatic")
        SWATCHES = "swatches", _("Swatches")
        BUTTONS = "buttons", _("Buttons")
        SELECT = "select", _("Drop-down list")

    class Meaning(models.TextChoices):
        """The properties of variants that search engines know, by their names in schema.org."""

        NONE = "", _("Other")
        COLOUR = "color", _("Colour")
        SIZE = "size", _("Size")
        MATERIAL = "material", _("Material")
        PATTERN = "pattern", _("Pattern")

    cache_tags = (SITE, SETS)

    attribute = models.OneToOneField(
        "catalogue.ProductAttribute",
        on_delete=models.CASCADE,
        related_name="variant_option",
        verbose_name=_("attribute"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    control = models.CharField(
        _("control"),
        max_length=8,
        choices=Control.choices,
        default=Control.AUTOMATIC,
        help_text=_(
            "Automatic: swatches if any value has one, buttons for up to 12 values, otherwise a"
            " drop-down list."
        ),
    )
    meaning = models.CharField(
        _("meaning"),
        max_length=8,
        choices=Meaning.choices,
        default=Meaning.NONE,
        blank=True,
        help_text=_("What search engines and price comparisons call this option."),
    )

    class Meta:
        verbose_name = _("option of variants")
        verbose_name_plural = _("options of variants")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.attribute.name

    def clean(self) -> None:
        super().clean()
        if self.attribute_id and self.attribute.type != "option":
            raise ValidationError(
                {"attribute": _("Only an attribute of type “Option” can be used.")}
            )


class OptionValueDisplay(models.Model):
    """The place of a value among the others of its group, and its swatch.

    A swatch is a picture, or one or two colours. Values without a row come last.
    """

    cache_tags = (SITE, SETS)

    value = models.OneToOneField(
        "catalogue.AttributeOption",
        on_delete=models.CASCADE,
        related_name="display",
        verbose_name=_("value"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    colour = models.CharField(
        _("colour"),
        max_length=15,
        blank=True,
        validators=[
            RegexValidator(
                COLOUR, _("Enter a colour such as #4f8794, or two separated by a space.")
            )
        ],
    )
    picture = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
    )

    class Meta:
        verbose_name = _("display of an option’s value")
        verbose_name_plural = _("displays of options’ values")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.value)
