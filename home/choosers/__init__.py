"""Choosing products, categories and stock records. Migrations know the blocks by this address."""

from home.choosers.views import CategoryChooserBlock, ProductChooserBlock  # noqa: F401
