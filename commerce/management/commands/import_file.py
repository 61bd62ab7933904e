"""Imports a file from the command line: the same check, import and report as in the dashboard."""

import csv
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from commerce.imports.kinds.base import kinds
from commerce.imports.report import counts_of, report_rows
from commerce.imports.runs import ImportRefused, create_run, finish, start_check, start_import
from commerce.imports.runs import start_undo as undo
from commerce.imports.tables import TableError, read_table
from commerce.models import ImportRun, User

CHUNK = 512 * 1024


class Command(BaseCommand):
    """``import_file FILE`` checks and imports; ``--check`` only checks; ``--undo ID`` undoes."""

    help = "Import products, customers and other data from a CSV or XLSX file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--kind", default="products", choices=sorted(kinds()))
        parser.add_argument("--profile", default="", help="shopify, woocommerce, magento or plain")
        parser.add_argument("--check", action="store_true", help="change nothing")
        parser.add_argument("--policy", choices=["good", "all"], default="good")
        parser.add_argument(
            "--pictures", type=Path, help="a zip archive or a folder; without it, URLs"
        )
        parser.add_argument("--no-pictures", action="store_true")
        parser.add_argument("--no-redirects", action="store_true")
        parser.add_argument("--decimal", choices=[".", ","], default="")
        parser.add_argument("--encoding", default="")
        parser.add_argument("--delimiter", default="")
        parser.add_argument("--untracked-stock", type=int, default=0)
        parser.add_argument("--free", action="store_true", help="a price of 0 is meant")
        parser.add_argument("--mail", action="store_true", help="mail customers a password link")
        parser.add_argument("--map", action="append", default=[], metavar="COLUMN=NAME")
        parser.add_argument("--user", help="the email address of the member of staff")
        parser.add_argument("--report", type=Path, help="write the report to this CSV file")
        parser.add_argument("--undo", type=int, metavar="ID", help="undo this import")
        parser.add_argument("--resume", type=int, metavar="ID", help="continue this import")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(options)
        except (ImportRefused, TableError) as error:
            raise CommandError(str(error)) from error
        except ImportRun.DoesNotExist as error:
            raise CommandError("There is no such import.") from error
        self._tell(run)
        if options["report"]:
            with options["report"].open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(report_rows(run))
        if run.state == ImportRun.State.FAILED:
            raise CommandError(run.message)

    def _run(self, options: dict[str, Any]) -> ImportRun:
        if options["undo"]:
            undo(options["undo"])
            return finish(options["undo"])
        if options["resume"]:
            run = ImportRun.objects.get(pk=options["resume"])
            if not run.is_busy:
                start_import(run.pk)
            return finish(run.pk)
        if options["file"] is None or not options["file"].is_file():
            raise CommandError("Name a file.")
        run = self._upload(options)
        start_check(run.pk, mapping=self._mapping(options["map"]))
        run = finish(run.pk)
        if options["check"] or run.state != ImportRun.State.CHECKED:
            return run
        start_import(run.pk)
        return finish(run.pk)

    @staticmethod
    def _mapping(pairs: list[str]) -> dict[str, str] | None:
        if not pairs:
            return None
        return {column: name for column, _sign, name in (pair.rpartition("=") for pair in pairs)}

    def _upload(self, options: dict[str, Any]) -> ImportRun:
        kind = kinds()[options["kind"]]
        user = None
        if options["user"]:
            user = User.objects.filter(email=options["user"].lower(), is_staff=True).first()
            if user is None:
                raise CommandError("There is no member of staff with this address.")
        profile = options["profile"]
        if not profile:
            table = read_table(
                options["file"].read_bytes(), options["file"].name,
                encoding=options["encoding"], delimiter=options["delimiter"], most=1,
            )  # fmt: skip
            profile = kind.detect(table.columns)
        if profile not in kind.profiles():
            raise CommandError(f"Formats: {', '.join(kind.profiles())}")
        pictures = options["pictures"]
        source = "none" if options["no_pictures"] else "archive" if pictures else "web"
        return create_run(
            kind=kind.name,
            profile=profile,
            file_name=options["file"].name,
            data=_chunks(options["file"]),
            pictures=_archive(pictures) if pictures else None,
            user=user,
            options={
                "policy": options["policy"],
                "pictures": source,
                "redirects": not options["no_redirects"],
                "decimal": options["decimal"],
                "encoding": options["encoding"],
                "delimiter": options["delimiter"],
                "untracked_stock": options["untracked_stock"],
                "may_be_free": options["free"],
                "mail": options["mail"],
                # A shell sees the whole database; a member of staff what their role shows.
                "accounts": user is None,
            },
        )

    def _tell(self, run: ImportRun) -> None:
        counts = counts_of(run)
        self.stdout.write(
            _(
                "Import %(pk)d is %(state)s: %(new)d new, %(changed)d changed, %(unchanged)d"
                " unchanged, %(refused)d refused."
            )
            % {"pk": run.pk, "state": run.get_state_display(), **counts}
        )
        for column in run.ignored_columns:
            self.stdout.write(_("Not imported: %(column)s") % {"column": column})
        for row in run.rows.filter(outcome="refused")[:50]:
            for line, column, reason in row.problems:
                self.stdout.write(f"{line} {column}: {reason}")


def _archive(path: Path) -> Iterator[bytes]:
    """An archive, or the files of a folder as one."""
    if not path.is_dir():
        yield from _chunks(path)
        return
    with TemporaryDirectory() as place:
        packed = Path(place) / "pictures.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file() and not file.is_symlink():
                    archive.write(file, file.relative_to(path))
        yield from _chunks(packed)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
