"""Choosing products, categories and stock records. Migrations know the blocks by this address."""

from home.choosers.blocks import CategoryChooserBlock, ProductChooserBlock  # noqa: F401
