"""What the snippet screens of the shop share."""

from wagtail.snippets.views.snippets import IndexView, SnippetViewSet

from home.staff.bulk_actions import BulkActionColumnMixin


class SnippetListView(BulkActionColumnMixin, IndexView):
    """Wagtail's list of snippets, with checkboxes only for users who may use them."""


class NoChooserViewSet(SnippetViewSet):
    """A snippet without a chooser: Wagtail's would list its rows to every account of the staff."""

    index_view_class = SnippetListView

    def register_chooser_viewset(self) -> None:
        """Register no chooser, so that it has no URL."""
