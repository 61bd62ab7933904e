"""A category that tells when it was moved, and a product that tells when all of it is saved."""

from django.db import transaction
from django.urls import reverse
from oscar.apps.catalogue.abstract_models import AbstractCategory, AbstractProduct

from commerce.models.cache_tags import SITE
from commerce.signals import product_saved


class Category(AbstractCategory):
    """Oscar's category. Treebeard moves it in SQL, which sends no signal."""

    cache_tags = (SITE,)

    #: What the category at the top of the tree that holds the whole shop has as its slug.
    WHOLE_SHOP = "shop"

    @classmethod
    def is_whole_shop(cls, row):
        """Whether a row with ``depth`` and ``slug`` is the whole shop: its page is that of all pieces."""
        return row.depth == 1 and row.slug == cls.WHOLE_SHOP

    def get_absolute_url(self):
        """The category's page; that of all pieces for the whole shop, which has no other."""
        if self.is_whole_shop(self):
            return reverse("catalogue:index")
        return super().get_absolute_url()

    def save(self, *args, **kwargs):
        """Save it with all that follows from it (what is below, the lists), or nothing."""
        with transaction.atomic():
            super().save(*args, **kwargs)

    def move(self, target, pos=None):
        """Move it with all that is below; whoever follows categories by signal hears of it."""
        super().move(target, pos)
        type(self).objects.get(pk=self.pk).save()


class Product(AbstractProduct):
    """Oscar's product, saved with its attributes as one thing.

    Oscar writes the attributes in bulk, after the product's ``post_save`` and without signals of
    their own: whoever follows that would see the attributes of before.
    """

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            product_saved.send(type(self), product=self)
