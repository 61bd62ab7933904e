"""Imports of files: the run, the uploaded files, what each row changed, and remembered mappings."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.fields import CodeField
from commerce.models.shop import User


class ImportRun(models.Model):
    """One import, from the upload through the check and the import to its undoing.

    ``cursor`` is the number of records done in the current state: a run that is interrupted
    continues there. ``lease_key`` belongs to the worker that may write until ``lease_until``.
    ``takeovers`` counts the workers that were lost since the cursor last moved.
    """

    class Kind(models.TextChoices):
        PRODUCTS = "products", _("Products")
        STOCK = "stock", _("Stock and prices")
        CUSTOMERS = "customers", _("Customers")
        ORDERS = "orders", _("Past orders")
        REVIEWS = "reviews", _("Reviews")
        VOUCHERS = "vouchers", _("Vouchers")
        REDIRECTS = "redirects", _("Redirects")
        PAGES = "pages", _("Pages from a feed")

    class State(models.TextChoices):
        MAPPING = "mapping", _("choose columns")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        WAITING = "waiting", _("waiting for its turn")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    kind = models.CharField(_("contents"), max_length=12, choices=Kind.choices)
    profile = CodeField(_("format"), max_length=20)
    file_name = models.CharField(_("file"), max_length=255)
    options = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    message = models.TextField(_("message"), blank=True)
    total = models.PositiveIntegerField(default=0)
    cursor = models.PositiveIntegerField(default=0)
    ignored_columns = models.JSONField(default=list)
    is_cancelling = models.BooleanField(default=False)
    lease_key = CodeField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    takeovers = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"{self.pk}: {self.file_name}"

    @property
    def is_busy(self) -> bool:
        """Whether the worker has something to do for it."""
        return self.state in BUSY

    @property
    def percent(self) -> int:
        """How much of the current step is done."""
        return min(100, self.cursor * 100 // self.total) if self.total else 0


#: The states in which the worker continues a run.
BUSY = (
    ImportRun.State.CHECKING,
    ImportRun.State.WAITING,
    ImportRun.State.RUNNING,
    ImportRun.State.UNDOING,
)


class ImportFilePart(models.Model):
    """A part of an uploaded file, of at most ``SIZE`` bytes.

    Uploads are private and must reach every worker, so they are neither public media nor files of
    one machine; parts stay below the packet limits of databases.
    """

    SIZE = 512 * 1024

    class Role(models.TextChoices):
        DATA = "data", _("data")
        PICTURES = "pictures", _("pictures")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="parts")
    role = models.CharField(max_length=8, choices=Role.choices)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("part of an uploaded file")
        verbose_name_plural = _("parts of uploaded files")
        ordering = ["position"]
        unique_together = [("run", "role", "position")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.role} {self.position}"


class ImportRow(models.Model):
    """What a record of the file means for the shop: the check's result, then the import's.

    ``before`` and ``after`` are states of ``commerce.imports``; None stands for nothing there.
    ``line`` is the row in a spreadsheet, where the heading is row 1.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        REFUSED = "refused", _("refused")

    class Step(models.TextChoices):
        CHECKED = "checked", _("checked")
        WRITTEN = "written", _("imported")
        UNDONE = "undone", _("undone")
        LEFT = "left", _("left, because it was changed since")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField(_("row"))
    identity = models.CharField(_("identity"), max_length=255)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices)
    step = models.CharField(_("step"), max_length=8, choices=Step.choices, default=Step.CHECKED)
    object_id = models.PositiveBigIntegerField(null=True)
    problems = models.JSONField(default=list)
    remarks = models.JSONField(default=list)
    before: Any = models.JSONField(null=True)
    after: Any = models.JSONField(null=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["position"]
        unique_together = [("run", "position")]
        indexes = [models.Index(fields=["run", "outcome", "position"])]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.identity}"


class ImportMapping(models.Model):
    """Which column of a plain file means what, remembered for files with the same columns."""

    kind = models.CharField(max_length=12, choices=ImportRun.Kind.choices)
    columns_hash = CodeField(max_length=64)
    mapping = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")
        unique_together = [("kind", "columns_hash")]

    def __str__(self) -> str:
        return f"{self.kind} {self.columns_hash[:8]}"


class ImportedPicture(models.Model):
    """Where the file of a product's photograph came from, so that it is not loaded again."""

    product_image = models.OneToOneField(
        "catalogue.ProductImage", on_delete=models.CASCADE, related_name="import_source"
    )
    source = models.TextField(_("source"))

    class Meta:
        verbose_name = _("source of a photograph")
        verbose_name_plural = _("sources of photographs")

    def __str__(self) -> str:
        return self.source
