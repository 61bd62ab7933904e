"""Staff pages of Oscar and Wagtail that require a recent sign-in: people, roles, downloads.

Our own views ask themselves (``commerce.accounts.reauthentication``).
"""

from django.http import HttpRequest

#: Roles and people: every unsafe request to these views of Wagtail and Oscar.
PEOPLE = (
    "wagtailusers_users:",
    "wagtailusers_groups:",
    "dashboard:users-index",
    "staff-user-",
)
ORDERS = "dashboard:order-list"
#: Downloads of data: voucher codes, reports, Wagtail's lists.
DOWNLOADS = ("dashboard:voucher-set-download",)
REPORTS = "dashboard:reports-index"


def is_sensitive(request: HttpRequest) -> bool:
    """Whether a request changes people or roles, or downloads data."""
    match = request.resolver_match
    if match is None:
        return False
    name = match.view_name
    if name == ORDERS:
        # The view checks its form's actions.
        return request.GET.get("response_format") == "csv"
    if name in DOWNLOADS or (name == REPORTS and request.GET.get("download")):
        return True
    if match.route.startswith("admin/") and request.GET.get("export"):
        return True
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if name == "wagtail_bulk_action":
        label = f"{match.kwargs.get('app_label')}.{match.kwargs.get('model_name')}"
        return label in ("commerce.user", "auth.group")
    return name.startswith(PEOPLE)
