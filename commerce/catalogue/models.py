"""A category that sends signals when moved, and a product saved together with its attributes."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from oscar.apps.catalogue.abstract_models import AbstractCategory, AbstractProduct
from oscar.core.utils import slugify

from commerce.models.cache_tags import SITE
from commerce.slugs import unique_slug


class Category(AbstractCategory):
    """Oscar's category. Treebeard moves categories in SQL, which sends no signals."""

    slug: str
    cache_tags = (SITE,)

    #: The slug of the root category for all products.
    WHOLE_SHOP = "shop"
    #: Stands for a missing slug in a URL.
    NO_SLUG = "-"

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

    def get_full_slug(self, parent_slug: str | None = None) -> str:
        """The slugs from the root down, with a placeholder for one that is missing.

        A category without a slug comes from outside, or is on the form that creates it; its URL
        redirects to the right one once it has a slug.
        """
        slugs = super().get_full_slug(parent_slug).split(self._slug_separator)
        return self._slug_separator.join(slug or self.NO_SLUG for slug in slugs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the category and all consequences (descendants, lists) in one transaction.

        A missing slug is generated from the name and differs from those of the category's siblings.
        """
        with transaction.atomic():
            if not self.slug:
                self.slug = _unused(slugify(self.name), self, self._siblings())
            super().save(*args, **kwargs)

    def _siblings(self) -> QuerySet:
        """The other categories of its level; the tree's path is known before the first save."""
        above = self.path[: -self.steplen]
        return type(self).objects.filter(depth=self.depth, path__startswith=above)

    def move(self, target: AbstractCategory, pos: str | None = None) -> None:
        """Move the category with its descendants, then save it to send its signals."""
        super().move(target, pos)
        type(self).objects.get(pk=self.pk).save()


class Product(AbstractProduct):
    """Oscar's product, saved in one transaction with its attributes.

    Oscar writes the attributes in bulk after the product's ``post_save``, without signals, so
    receivers of ``post_save`` would read the old ones. The listing index follows after that.
    A missing slug is generated from the title; that of a product with a page of its own is unique.
    """

    slug: str

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Imported late: the index imports the models, which this module is still defining.
        from commerce.index.refresh_queue import refresh_product

        with transaction.atomic():
            if not self.slug:
                others = type(self).objects.filter(parent=None)
                others = others.none() if self.parent_id else others
                self.slug = _unused(slugify(self.get_title()), self, others)
            super().save(*args, **kwargs)
            refresh_product(self)


def _unused(slug: str, row: Any, others: QuerySet) -> str:
    """The slug, cut to its column, numbered if another row has it."""
    length = row._meta.get_field("slug").max_length
    return unique_slug(slug, others.exclude(pk=row.pk), length=length)
