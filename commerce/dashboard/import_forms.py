"""The forms of imports: the upload, and how the file is to be understood."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commerce.imports.kinds.base import Kind, kinds
from commerce.imports.names import column_label
from commerce.imports.profiles.mapping import PREFIXES
from commerce.imports.tables import DELIMITERS, ENCODINGS, MAX_BYTES, Table
from commerce.models import ImportRun, User

#: The format that the file's columns decide.
DETECT = ""
ENCODING_NAMES = {
    "": gettext_lazy("Detect"),
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "iso-8859-15": "ISO 8859-15",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "mac-roman": "Mac Roman",
    "utf-16": "UTF-16",
}
DELIMITER_NAMES = {"\t": gettext_lazy("Tab")}
DECIMALS = [
    ("", gettext_lazy("Detect")),
    (".", gettext_lazy("Point: 1,234.50")),
    (",", gettext_lazy("Comma: 1.234,50")),
]
POLICIES = [
    ("good", gettext_lazy("Import the good rows and report the others")),
    ("all", gettext_lazy("Import all rows or none")),
]
PICTURES = [
    ("web", gettext_lazy("Load them from the URLs in the file")),
    ("archive", gettext_lazy("Take them from the zip archive")),
    ("none", gettext_lazy("Leave them out")),
]


def may_import(user: User, kind: Kind) -> bool:
    """Whether the user may change by hand what this import changes."""
    return user.has_perms(kind.permissions) and kind.may_import(user)


class UploadForm(forms.Form):
    """The file, its contents and format, and an archive of photographs."""

    kind = forms.ChoiceField(label=gettext_lazy("Contents"))
    profile = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )
    archive = forms.FileField(
        label=gettext_lazy("Photographs as a zip archive"),
        required=False,
        help_text=gettext_lazy("Only if the file names photographs by file names instead of URLs."),
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [kind for kind in kinds().values() if may_import(user, kind)]
        labels = dict(ImportRun.Kind.choices)
        self.fields["kind"].choices = [(kind.name, labels[kind.name]) for kind in allowed]
        profiles: dict[str, Any] = {DETECT: _("Detect by the columns")}
        for kind in allowed:
            for name, profile in kind.profiles().items():
                profiles.setdefault(name, profile.label)
        self.fields["profile"].choices = list(profiles.items())
        for name, accept in (("file", ".csv,.tsv,.txt,.xlsx,.xml"), ("archive", ".zip")):
            self.fields[name].widget.attrs.update({"class": "form-control-file", "accept": accept})

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            text = _("The file is larger than %(most)d MB. Split it into several files.")
            raise forms.ValidationError(text % {"most": MAX_BYTES // 1024 // 1024})
        return file

    def clean_archive(self) -> Any:
        archive = self.cleaned_data["archive"]
        most = settings.FILE_LIMITS["/dashboard/imports/"]
        if archive and archive.size > most:
            text = _("The archive is larger than %(most)d MB. Import the photographs in parts.")
            raise forms.ValidationError(text % {"most": most // 1024 // 1024})
        return archive

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind = kinds().get(data.get("kind", ""))
        if kind and data.get("profile") and data["profile"] not in kind.profiles():
            self.add_error("profile", _("This format isn’t available for these contents."))
        return data


class SettingsForm(forms.Form):
    """How the file is to be understood, and which rows are imported."""

    profile = forms.ChoiceField(label=gettext_lazy("Format"))
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        choices=[(name, ENCODING_NAMES[name]) for name in ENCODINGS],
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Delimiter"),
        required=False,
        choices=[
            ("", gettext_lazy("Detect")),
            *((sign, DELIMITER_NAMES.get(sign, sign)) for sign in DELIMITERS),
        ],
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimal separator"), required=False, choices=DECIMALS
    )
    policy = forms.ChoiceField(
        label=gettext_lazy("If rows are refused"),
        choices=POLICIES,
        widget=forms.RadioSelect(attrs={"class": "import-radio"}),
    )
    pictures = forms.ChoiceField(
        label=gettext_lazy("Photographs"), choices=PICTURES, widget=forms.RadioSelect
    )
    untracked_stock = forms.IntegerField(
        label=gettext_lazy("Stock of products whose stock is not counted in the file"),
        min_value=0,
        max_value=1_000_000,
    )
    may_be_free = forms.BooleanField(label=gettext_lazy("Allow a price of 0"), required=False)
    redirects = forms.BooleanField(
        label=gettext_lazy("Redirect the product pages of the old shop"),
        required=False,
        help_text=gettext_lazy("Only those of products that are new in this shop."),
    )
    mail = forms.BooleanField(
        label=gettext_lazy("Email each new customer a link to set a password"), required=False
    )

    #: The fields of each kind, besides those of every file.
    OF_KIND = {
        "products": ("pictures", "untracked_stock", "may_be_free", "redirects"),
        "stock": ("may_be_free",),
        "customers": ("mail",),
    }
    OF_ALL = ("profile", "encoding", "delimiter", "decimal", "policy")

    def __init__(self, run: ImportRun, kind: Kind, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {**DEFAULTS, **run.options, "profile": run.profile})
        super().__init__(*args, **kwargs)
        shown = {*self.OF_ALL, *self.OF_KIND.get(kind.name, ())}
        for name in list(self.fields):
            if name not in shown:
                del self.fields[name]
        profiles = kind.profiles()
        self.fields["profile"].choices = [(name, of.label) for name, of in profiles.items()]
        for field in self.fields.values():
            if isinstance(field.widget, forms.Select) and not isinstance(
                field.widget, forms.RadioSelect
            ):
                field.widget.attrs["class"] = "form-control no-widget-init"
            elif isinstance(field.widget, forms.NumberInput):
                field.widget.attrs["class"] = "form-control"


DEFAULTS = {
    "policy": "good",
    "pictures": "web",
    "untracked_stock": 0,
    "redirects": True,
}


class MappingForm(forms.Form):
    """Which column of the file means what; "" leaves a column out."""

    def __init__(
        self, table: Table, known: list[str], mapping: dict[str, str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        choices = [("", _("– not imported –")), *((name, column_label(name)) for name in known)]
        for number, column in enumerate(name for name in table.columns if name):
            own = [column] if column.lower().startswith(PREFIXES) else []
            own += [f"{prefix}{column}" for prefix in self.prefixes(known)]
            initial = mapping.get(column, "")
            field = forms.ChoiceField(
                label=column,
                required=False,
                choices=[*choices, *((name, column_label(name)) for name in own)],
                initial=initial,
                widget=forms.Select(attrs={"class": "form-control no-widget-init"}),
            )
            field.sample = next((row[column][:60] for row in table.rows if row[column]), "")
            self.fields[f"column-{number}"] = field

    @staticmethod
    def prefixes(known: list[str]) -> tuple[str, ...]:
        """Columns of options and attributes exist for products only."""
        return PREFIXES if "variant_image" in known else ()

    def mapping(self) -> dict[str, str]:
        """``{the file's column: the plain format's}``."""
        return {
            field.label: self.cleaned_data[name]
            for name, field in self.fields.items()
            if self.cleaned_data.get(name)
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        used: dict[str, str] = {}
        for name, field in self.fields.items():
            wanted = data.get(name)
            if wanted and wanted in used:
                text = _("“%(name)s” is chosen for the column “%(other)s” already.")
                self.add_error(name, text % {"name": column_label(wanted), "other": used[wanted]})
            elif wanted:
                used[wanted] = str(field.label)
        return data
