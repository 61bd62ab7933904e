"""What the groups may do among pages, photographs and snippets. Takes nothing away from them."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import (
    PAGE_PERMISSION_TYPES,
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
)

from commerce.accounts.roles import (
    ADMIN,
    EDITOR,
    FINANCE,
    MERCHANDISER,
    SUPPORT,
    create_roles,
    ensure_permissions,
)

#: Apps whose permissions are granted here.
LABELS = {"home", "wagtailadmin", "wagtailcore", "wagtailimages", "wagtaildocs", "wagtailredirects"}
SNIPPETS = ("banner", "productstory")
SNIPPET_ACTIONS = ("add", "change", "delete", "view", "publish", "lock", "unlock")
IMAGE_ACTIONS = ("add", "change", "choose")
#: Groups of the migrations of Wagtail and Oscar.
BROUGHT_ALONG = ("Moderators", "Editors", "All Oscar Dashboard Permissions")


@transaction.atomic
def create_page_roles():
    """Create the groups of ``commerce.accounts.roles`` and add what Wagtail's screens ask for.

    Deletes the groups that Wagtail and Oscar bring, unless they have members: beside "Editor" and
    "Admin" nobody could tell which of them to give.
    """
    ensure_permissions(LABELS)
    create_roles()
    groups = Group.objects.in_bulk(
        (EDITOR, MERCHANDISER, SUPPORT, FINANCE, ADMIN), field_name="name"
    )
    entry = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    for group in groups.values():
        group.permissions.add(entry)
    _let_edit_pages(groups[EDITOR], ("add", "change", "publish", "lock", "unlock"))
    _let_edit_pages(groups[ADMIN], [row[0] for row in PAGE_PERMISSION_TYPES])
    for name in (EDITOR, MERCHANDISER, ADMIN):
        _let_use_images(groups[name])
    _let_edit_snippets(groups[EDITOR])
    _let_approve(groups[ADMIN])
    Group.objects.filter(name__in=BROUGHT_ALONG, user=None).delete()


def _let_edit_pages(group, kinds):
    root = Page.get_first_root_node()
    if root is None:
        return
    for kind in kinds:
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore", codename=f"{kind}_page"
        )
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _let_use_images(group):
    root = Collection.get_first_root_node()
    if root is None:
        return
    for model in ("image", "document"):
        for action in IMAGE_ACTIONS:
            permission = Permission.objects.filter(
                content_type__app_label__in=("wagtailimages", "wagtaildocs"),
                codename=f"{action}_{model}",
            ).first()
            if permission is not None:
                GroupCollectionPermission.objects.get_or_create(
                    group=group, collection=root, permission=permission
                )


def _let_edit_snippets(group):
    codenames = [f"{action}_{model}" for action in SNIPPET_ACTIONS for model in SNIPPETS]
    codenames.append("change_sitesettings")
    group.permissions.add(
        *Permission.objects.filter(content_type__app_label="home", codename__in=codenames),
        *Permission.objects.filter(
            content_type__app_label="wagtailredirects",
            codename__in=["add_redirect", "change_redirect", "delete_redirect", "view_redirect"],
        ),
    )


def _let_approve(group):
    """Admin approves in the workflow that Wagtail begins with."""
    for task in GroupApprovalTask.objects.filter(active=True):
        task.groups.add(group)
