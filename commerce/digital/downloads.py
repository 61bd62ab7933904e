"""Downloads of paid files: who may download what, until when, and how often.

A link contains a signed key of its ``Download``. Opening it changes nothing: mail scanners do that
too. The button on its page counts the download and sends the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from commerce.digital.goods import files_of
from commerce.digital.withholding import is_withheld
from commerce.models import Download
from commerce.order_statuses import CANCELLED, REFUNDED
from commerce.shop_settings.current import current_shop

if TYPE_CHECKING:
    from oscar.apps.order.abstract_models import AbstractLine, AbstractOrder

SALT = "commerce.downloads"
#: The reference, in an order's history, of the buyer's wish to have downloads at once.
CONSENT = "download-consent"
#: The order's statuses that end its downloads.
ENDED = (CANCELLED, REFUNDED)


class DownloadStatus(Enum):
    """Whether a file can be downloaded, and if not, why."""

    OPEN = "open"
    EXPIRED = "expired"
    USED_UP = "used up"
    WITHHELD = "withheld"
    ENDED = "ended"


def grant_downloads(
    lines: Iterable[AbstractLine], units: Mapping[int, int], *, at: datetime | None = None
) -> list[Download]:
    """Let the buyer of ``{line_id: units}`` download the files of their products.

    Each unit allows as many downloads as the shop settings say.
    """
    shop, at = current_shop(), at or timezone.now()
    lines = [line for line in lines if line.product is not None]
    files = files_of([line.product for line in lines], with_former=True)
    until = at + timedelta(days=shop.download_days)
    rights = Download.objects.filter(line__in=lines)
    known = set(rights.values_list("line_id", "file_id"))
    Download.objects.bulk_create(
        Download(line=line, file=file, expires_at=until, left=0)
        for line in lines
        for file in files[line.product_id]
        if (line.pk, file.pk) not in known
    )
    granted = list(rights.select_related("file"))
    for download in granted:
        download.expires_at = until
        download.left += shop.download_limit * units[download.line_id]
    Download.objects.bulk_update(granted, ["expires_at", "left"])
    return granted


def downloads_of(order: AbstractOrder) -> list[Download]:
    """The downloads of an order, in the order of its lines. One query."""
    rows = Download.objects.filter(line__order=order).select_related("file", "line__order")
    return list(rows.order_by("line_id", "pk"))


def status_of(
    download: Download, *, withheld: bool | None = None, at: datetime | None = None
) -> DownloadStatus:
    """Whether a download is possible. Reads its line's order.

    ``withheld`` is ``is_withheld`` of this order; None reads it.
    """
    if download.ended_at or download.line.order.status in ENDED:
        return DownloadStatus.ENDED
    if is_withheld(download.line.order) if withheld is None else withheld:
        return DownloadStatus.WITHHELD
    if download.expires_at <= (at or timezone.now()):
        return DownloadStatus.EXPIRED
    return DownloadStatus.OPEN if download.left else DownloadStatus.USED_UP


def download_path(download: Download) -> str:
    """The path of a download's page for anyone with the link."""
    token = signing.dumps(download.pk, salt=SALT)
    return reverse("download", kwargs={"token": token})


def download_url(download: Download) -> str:
    """The absolute address of a download's page, for mails."""
    return urljoin(settings.SITE_URL, download_path(download))


def download_by_token(token: str) -> Download | None:
    """The download of a link; None if the link is forged or the order is gone."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    rows = Download.objects.select_related("file", "line__order", "line__product__parent")
    return rows.filter(pk=pk).first()


def count_download(download: Download, *, at: datetime | None = None) -> bool:
    """Count one download. False, without a change, if none is left or the time is over.

    One conditional UPDATE: two requests at once cannot both take the last download.
    """
    at = at or timezone.now()
    if is_withheld(download.line.order):
        return False
    allowed = Download.objects.filter(pk=download.pk, left__gt=0, expires_at__gt=at, ended_at=None)
    allowed = allowed.exclude(line__order__status__in=ENDED)
    changed = allowed.update(left=F("left") - 1, count=F("count") + 1, last_at=at)
    return bool(changed)


def renew_download(download_id: int, *, at: datetime | None = None) -> None:
    """Allow as many downloads, for as long, as after the purchase. One that was ended stays so."""
    shop = current_shop()
    until = (at or timezone.now()) + timedelta(days=shop.download_days)
    download = Download.objects.select_related("line").get(pk=download_id)
    left = shop.download_limit * download.line.quantity
    Download.objects.filter(pk=download_id).update(expires_at=until, left=left)


def end_downloads(line_ids: Collection[int], *, at: datetime | None = None) -> None:
    """End the downloads of order lines that were refunded whole."""
    rows = Download.objects.filter(line__in=list(line_ids), ended_at=None)
    rows.update(ended_at=at or timezone.now())
