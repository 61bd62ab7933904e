"""Imports in the dashboard: upload, settings, the check's result, progress, report, undo."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from commerce.accounts.reauthentication import require_recent_sign_in
from commerce.actor import address_of
from commerce.audit.security import log_security_event
from commerce.dashboard.import_forms import MappingForm, SettingsForm, UploadForm, may_import
from commerce.dashboard.staff_views import StaffPage
from commerce.decorators import private_page
from commerce.documents.spreadsheets import BOM
from commerce.imports.files import has_files
from commerce.imports.kinds.base import Kind, kinds
from commerce.imports.profiles.mapping import remember
from commerce.imports.reading import (
    SAMPLE,
    check_columns,
    kind_of,
    mapping_of,
    profile_of,
    table_of,
)
from commerce.imports.report import counts_of, differences, report_rows
from commerce.imports.runs import (
    ImportRefused,
    cancel,
    create_run,
    start_check,
    start_import,
    start_undo,
)
from commerce.imports.tables import EncodingError, Table, TableError
from commerce.models import AuditEntry, ImportRow, ImportRun

State, Outcome, Step = ImportRun.State, ImportRow.Outcome, ImportRow.Step
#: Rows on one page, and differences shown of one row.
PAGE, DIFFERENCES = 50, 40
#: Kinds with personal data: they ask for a recent sign-in.
PERSONAL = frozenset({"customers", "orders", "reviews"})
#: Kinds whose files with the shop's data do so, too, and are logged.
PERSONAL_FILES = PERSONAL | {"vouchers"}


@private_page
class ImportListView(StaffPage, TemplateView):
    """The imports, and the form of a new one. The upload is stored before anything else is asked."""

    template_name = "oscar/dashboard/imports/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        allowed = [name for name, kind in kinds().items() if may_import(self.request.user, kind)]
        runs = ImportRun.objects.filter(kind__in=allowed).select_related("user")
        page = Paginator(runs, PAGE).get_page(self.request.GET.get("page"))
        kwargs.setdefault("form", UploadForm(self.request.user))
        return super().get_context_data(page=page, allowed=allowed, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("kind") in PERSONAL:
            require_recent_sign_in(request)
        form = UploadForm(request.user, request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        data = form.cleaned_data
        kind = kinds()[data["kind"]]
        archive = data["archive"]
        run = create_run(
            kind=kind.name,
            profile=data["profile"] or next(iter(kind.profiles())),
            file_name=data["file"].name,
            data=data["file"].chunks(),
            pictures=archive.chunks() if archive else None,
            options={"pictures": "archive"} if archive else {},
            user=request.user,
        )
        if not data["profile"]:
            _detect(run, kind)
        return redirect("staff-import-settings", pk=run.pk)


def _detect(run: ImportRun, kind: Kind) -> None:
    """Choose the format by the columns; an unreadable file is explained by its settings page."""
    try:
        run.profile = kind.detect(table_of(run, most=SAMPLE).columns)
    except TableError:
        return
    run.save(update_fields=["profile"])


class RunMixin:
    """A page of one run; its kind decides who may see it."""

    @cached_property
    def run(self) -> ImportRun:
        run = get_object_or_404(ImportRun, pk=self.kwargs["pk"])
        kind = kinds().get(run.kind)
        if kind is None or not may_import(self.request.user, kind):
            raise PermissionDenied
        return run


@private_page
class ImportSettingsView(StaffPage, RunMixin, TemplateView):
    """How the file is read, and which column means what. A POST starts the check."""

    template_name = "oscar/dashboard/imports/settings.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.started_at is not None or self.run.is_busy:
            return redirect("staff-import", pk=self.run.pk)
        return self.show()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = self.run
        if run.started_at is not None or run.is_busy:
            messages.error(request, _("This import has begun; its settings stay as they are."))
            return redirect("staff-import", pk=run.pk)
        form = SettingsForm(run, kind_of(run), request.POST)
        if not form.is_valid():
            return self.show(form=form)
        data = dict(form.cleaned_data)
        is_same_format = data["profile"] == run.profile
        run.profile = data.pop("profile")
        run.options = {**run.options, **data}
        run.options.pop("mapping", None)
        table, error = self.table()
        if error:
            form.add_error("encoding" if isinstance(error, EncodingError) else None, str(error))
            return self.show(form=form)
        mapping = None
        if profile_of(run).is_mapped:
            is_chosen = is_same_format and "column-0" in request.POST
            mapping_form = self.mapping_form(table, request.POST if is_chosen else None)
            if not is_chosen or not mapping_form.is_valid():
                run.save(update_fields=["profile", "options"])
                return self.show(form=form, mapping=mapping_form)
            mapping = mapping_form.mapping()
            remember(run.kind, table.columns, mapping)
        run.save(update_fields=["profile", "options"])
        try:
            start_check(run.pk, user=request.user, mapping=mapping)
        except ImportRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("staff-import", pk=run.pk)

    def table(self) -> tuple[Table, None] | tuple[None, TableError]:
        """The file's heading and first rows, or the reason why it cannot be read."""
        try:
            table = table_of(self.run, most=SAMPLE)
            check_columns(self.run, table)
        except TableError as error:
            return None, error
        return table, None

    def mapping_form(self, table: Table, data: Any = None) -> MappingForm:
        kind = kind_of(self.run)
        return MappingForm(table, kind.known_columns(), mapping_of(self.run, table), data)

    def show(self, *, form: Any = None, mapping: Any = None) -> HttpResponse:
        table, error = self.table()
        if form is None:
            form = SettingsForm(self.run, kind_of(self.run))
        if table and mapping is None and profile_of(self.run).is_mapped:
            mapping = self.mapping_form(table)
        sample = (
            [[row[name][:80] for name in table.columns] for row in table.rows[:3]] if table else []
        )
        context = self.get_context_data(
            run=self.run, form=form, mapping=mapping, columns=table.columns if table else (),
            sample=sample, error="" if form.is_bound or not error else str(error),
        )  # fmt: skip
        return self.render_to_response(context)


@private_page
class ImportView(StaffPage, RunMixin, TemplateView):
    """A run: progress, counts, rows with what differs. POST ``act`` imports, cancels or undoes."""

    template_name = "oscar/dashboard/imports/detail.html"
    acts = {"import": start_import, "undo": start_undo}

    def rows(self) -> QuerySet[ImportRow]:
        rows = self.run.rows.order_by("position")
        shown = self.request.GET.get("show", "")
        if shown == "remarks":
            return rows.exclude(remarks=[])
        if shown == Step.LEFT:
            return rows.filter(step=shown)
        return rows.filter(outcome=shown) if shown in Outcome.values else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run
        page = Paginator(self.rows(), PAGE).get_page(self.request.GET.get("page"))
        for row in page.object_list:
            row.differences = list(differences(row.before, row.after))[:DIFFERENCES]
        return super().get_context_data(
            run=run,
            page=page,
            show=self.request.GET.get("show", ""),
            has_file=has_files(run),
            **facts_of(run),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = self.run
        if run.kind in PERSONAL:
            require_recent_sign_in(request)
        act = request.POST.get("act", "")
        try:
            if act == "cancel":
                cancel(run.pk)
            elif act in self.acts:
                self.acts[act](run.pk, user=request.user)
        except ImportRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("staff-import", pk=run.pk)


def facts_of(run: ImportRun) -> dict[str, Any]:
    """What the page shows of a run beside its rows."""
    counts = counts_of(run)
    is_over = run.state in (State.DONE, State.CANCELLED, State.FAILED)
    return {
        "counts": counts,
        "tabs": [(value, label, counts[value]) for value, label in Outcome.choices],
        "may_start": run.state == State.CHECKED and counts["new"] + counts["changed"] > 0,
        "may_continue": is_over
        and run.started_at is not None
        and run.cursor < run.total
        and not counts[Step.UNDONE] + counts[Step.LEFT],
        "may_undo": is_over and counts[Step.WRITTEN] > 0,
        "may_cancel": run.is_busy and not run.is_cancelling,
        "may_change": run.state in (State.MAPPING, State.CHECKED, State.FAILED)
        and run.started_at is None,
    }


@private_page
class ImportProgressView(StaffPage, RunMixin, View):
    """The progress of a run as HTML, for the script that polls it."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, "oscar/dashboard/imports/progress.html", {"run": self.run})


@private_page
class ImportReportView(StaffPage, RunMixin, View):
    """The report as a CSV file. It has personal data of before and after the import."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        require_leave_to_export(request, self.run.kind)
        response = StreamingHttpResponse(csv_lines(report_rows(self.run)), content_type="text/csv")
        response["Content-Disposition"] = f'attachment; filename="import-{self.run.pk}.csv"'
        return response


def require_leave_to_export(request: HttpRequest, kind: str) -> None:
    """Ask for a recent sign-in before a file with personal data of a kind is sent, and log it."""
    if kind not in PERSONAL_FILES:
        return
    require_recent_sign_in(request)
    log_security_event(
        AuditEntry.Act.EXPORTED,
        about=str(dict(ImportRun.Kind.choices)[kind]),
        user=request.user,
        address=address_of(request),
    )


def csv_lines(rows: Iterator[list[object]]) -> Iterator[str]:
    """Rows as lines of a CSV file that spreadsheets read as UTF-8."""
    yield BOM
    for row in rows:
        output = io.StringIO(newline="")
        csv.writer(output).writerow(row)
        yield output.getvalue()
