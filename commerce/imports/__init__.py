"""Imports and exports of files: docs/imports.md."""
