"""The neutral records between file formats and the catalogue. Pure: no ORM.

A profile turns the rows of a file into records; ``None`` means that the file does not say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """Why a record is refused, or a remark about it: the row, the column and a sentence."""

    line: int
    column: str
    reason: str


@dataclass
class Record:
    """A unit that is imported whole or not at all: a product with its variants, a customer.

    ``values`` are those of a flat kind, by field name.
    """

    line: int
    identity: str
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    read_options: ReadOptions | None = None

    def refuse(self, line: int, column: str, reason: str) -> None:
        """Add a problem; the record will not be imported."""
        self.problems.append(Problem(line, column, reason))

    def remark(self, line: int, column: str, reason: str) -> None:
        """Add a remark, once; the record is imported."""
        if all((one.column, one.reason) != (column, reason) for one in self.remarks):
            self.remarks.append(Problem(line, column, reason))


class Sale(NamedTuple):
    """A sale price; without ``start`` it begins now, without ``until`` it has no end."""

    price: Decimal
    start: datetime | None = None
    until: datetime | None = None
    #: Whether the file's format can say when it begins and ends.
    has_period: bool = True


class Picture(NamedTuple):
    """A photograph: a URL or the name of a file of the archive, where the file names it."""

    source: str
    alt: str
    line: int
    column: str


class AttributeCell(NamedTuple):
    """A value of an attribute. ``type`` is Oscar's, or "" for the type's own, else text."""

    name: str
    type: str
    text: str
    line: int
    column: str


class Given(NamedTuple):
    """A value that the file gives, and the column that says so."""

    value: Any
    column: str


@dataclass
class VariantRecord:
    """What is sold: a variant, or a product without variants, whose ``options`` are empty.

    ``sale`` is None if the file says that there is none, and ``...`` if it does not say.
    ``details`` are named as in ``commerce.imports.details``.
    """

    line: int
    sku: str = ""
    options: dict[str, str] = field(default_factory=dict)
    price: Decimal | None = None
    price_column: str = ""
    sale: Any = ...
    stock: int | None = None
    is_public: bool | None = None
    picture: str = ""
    keeps_planned_sales: bool = False
    barcode: Given | None = None
    details: dict[str, Given] = field(default_factory=dict)


@dataclass
class ProductRecord(Record):
    """A product. ``handle`` finds it if no SKU does; ``own_sku`` is that of a product with variants.

    ``redirects`` are paths that the file names. ``old_paths`` are where another shop probably had the
    product's page; they are redirected only if the product is new.

    ``is_handle_shared``: other products may have the same handle. It then finds only a product whose
    file has no SKU.
    """

    handle: str = ""
    is_handle_shared: bool = False
    own_sku: str = ""
    title: str | None = None
    description: str | None = None
    type: str | None = None
    is_public: bool | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    categories: list[list[str]] | None = None
    adds_categories: bool = False
    attributes: list[AttributeCell] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    variants: list[VariantRecord] = field(default_factory=list)
    pictures: list[Picture] | None = None
    redirects: list[str] = field(default_factory=list)
    old_paths: list[str] = field(default_factory=list)

    @property
    def found_by_handle(self) -> bool:
        """Whether the handle may find the product, where no SKU does."""
        return bool(self.handle) and not (self.is_handle_shared and self.has_sku)

    @property
    def has_sku(self) -> bool:
        """Whether the file gives the product or one of its variants a SKU."""
        return bool(self.own_sku) or any(variant.sku for variant in self.variants)


class ReadOptions(NamedTuple):
    """How a run's file is to be understood."""

    decimal: str = "."
    may_be_free: bool = False
    untracked_stock: int = 0
    mapping: dict[str, str] = {}
    with_redirects: bool = True
    with_mail: bool = False
    #: Whether the file's addresses may be looked up among the accounts.
    with_accounts: bool = False
