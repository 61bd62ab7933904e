"""The groups' permissions for pages, images, documents and snippets. Only adds permissions."""

from collections.abc import Iterable

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

#: Apps whose permissions this module grants.
LABELS = {"home", "wagtailadmin", "wagtailcore", "wagtailimages", "wagtaildocs", "wagtailredirects"}
SNIPPETS = ("banner", "productstory")
SNIPPET_ACTIONS = ("add", "change", "delete", "view", "publish", "lock", "unlock")
IMAGE_ACTIONS = ("add", "change", "choose")
#: Groups that the migrations of Wagtail and Oscar create.
DEFAULT_GROUPS = ("Moderators", "Editors", "All Oscar Dashboard Permissions")


@transaction.atomic
def create_page_roles() -> None:
    """Create the groups of ``commerce.accounts.roles`` with the permissions Wagtail requires.

    Deletes the default groups of Wagtail and Oscar unless they have members: next to "Editor" and
    "Admin" they would confuse. May be called again.
    """
    ensure_permissions(LABELS)
    create_roles()
    groups = Group.objects.in_bulk(
        (EDITOR, MERCHANDISER, SUPPORT, FINANCE, ADMIN), field_name="name"
    )
    entry = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    for group in groups.values():
        group.permissions.add(entry)
    _allow_editing_pages(groups[EDITOR], ("add", "change", "publish", "lock", "unlock"))
    _allow_editing_pages(groups[ADMIN], [row[0] for row in PAGE_PERMISSION_TYPES])
    for name in (EDITOR, MERCHANDISER, ADMIN):
        _allow_using_files(groups[name])
    _allow_editing_snippets(groups[EDITOR])
    _allow_approving(groups[ADMIN])
    Group.objects.filter(name__in=DEFAULT_GROUPS, user=None).delete()


def _allow_editing_pages(group: Group, kinds: Iterable[str]) -> None:
    root = Page.get_first_root_node()
    if root is None:
        return
    for kind in kinds:
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore", codename=f"{kind}_page"
        )
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _allow_using_files(group: Group) -> None:
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


def _allow_editing_snippets(group: Group) -> None:
    codenames = [f"{action}_{model}" for action in SNIPPET_ACTIONS for model in SNIPPETS]
    codenames.append("change_sitesettings")
    group.permissions.add(
        *Permission.objects.filter(content_type__app_label="home", codename__in=codenames),
        *Permission.objects.filter(
            content_type__app_label="wagtailredirects",
            codename__in=["add_redirect", "change_redirect", "delete_redirect", "view_redirect"],
        ),
    )


def _allow_approving(group: Group) -> None:
    """Add the group to the approval tasks of Wagtail's default workflow."""
    for task in GroupApprovalTask.objects.filter(active=True):
        task.groups.add(group)
