"""Choosers for the Wagtail admin. Migrations refer to the chooser blocks by this path."""

from home.choosers.blocks import CategoryChooserBlock, ProductChooserBlock  # noqa: F401
