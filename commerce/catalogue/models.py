"""A category that sends signals when moved, and a product saved together with its attributes."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from oscar.apps.catalogue.abstract_models import AbstractCategory, AbstractProduct

from commerce.models.cache_tags import SITE


class Category(AbstractCategory):
    """Oscar's category. Treebeard moves categories in SQL, which sends no signals."""

    cache_tags = (SITE,)

    #: The slug of the root category for all products.
    WHOLE_SHOP = "shop"

    @classmethod
    def is_whole_shop(cls, row: Any) -> bool:
        """Whether a row with ``depth`` and ``slug`` is the root category for all products."""
        return row.depth == 1 and row.slug == cls.WHOLE_SHOP

    @property
    def is_browsable(self) -> bool:
        """Whether shoppers find its page: neither it nor a category above it is hidden."""
        return bool(self.is_public and self.ancestors_are_public)

    def get_absolute_url(self) -> str:
        """The category's URL; the root for all products is shown at the catalogue's URL."""
        if self.is_whole_shop(self):
            return reverse("catalogue:index")
        return super().get_absolute_url()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the category and all consequences (descendants, lists) in one transaction."""
        with transaction.atomic():
            super().save(*args, **kwargs)

    def move(self, target: AbstractCategory, pos: str | None = None) -> None:
        """Move the category with its descendants, then save it to send its signals."""
        super().move(target, pos)
        type(self).objects.get(pk=self.pk).save()


class Product(AbstractProduct):
    """Oscar's product, saved in one transaction with its attributes.

    Oscar writes the attributes in bulk after the product's ``post_save``, without signals, so
    receivers of ``post_save`` would read the old ones. The listing index follows after that.
    """

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Imported late: the index imports the models, which this module is still defining.
        from commerce.index.refresh_queue import refresh_product

        with transaction.atomic():
            super().save(*args, **kwargs)
            refresh_product(self)
