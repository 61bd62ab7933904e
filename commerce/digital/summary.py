"""What of an order is delivered by email, as its pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce.digital.downloads import DownloadStatus, download_path, downloads_of, status_of
from commerce.digital.gift_cards import gift_cards_of
from commerce.digital.withholding import is_withheld
from commerce.models import Download, GiftCard

if TYPE_CHECKING:
    from oscar.apps.order.abstract_models import AbstractOrder


@dataclass(frozen=True)
class OfferedDownload:
    """A download with the path of its page."""

    download: Download
    path: str
    is_open: bool


@dataclass(frozen=True)
class DigitalGoods:
    """The downloads and gift cards of an order."""

    downloads: list[OfferedDownload]
    gift_cards: list[GiftCard]


def digital_goods_of(order: AbstractOrder) -> DigitalGoods:
    """The downloads and gift cards of an order. Two queries, and those of ``is_withheld``."""
    rows = downloads_of(order)
    withheld = bool(rows) and is_withheld(order)
    downloads = [
        OfferedDownload(
            row, download_path(row), status_of(row, withheld=withheld) is DownloadStatus.OPEN
        )
        for row in rows
    ]
    return DigitalGoods(downloads, gift_cards_of(order))
