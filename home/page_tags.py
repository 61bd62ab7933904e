"""What the rows of Wagtail's models are seen as on pages."""

from commerce.page_cache.invalidation import shown_on_pages

shown_on_pages(
    "wagtailcore.collectionviewrestriction",
    "wagtailcore.locale",
    "wagtailcore.pageviewrestriction",
    "wagtailcore.site",
    "wagtaildocs.document",
    "wagtailembeds.embed",
    "wagtailimages.image",
)
#: Nobody sees what is written while a page is drafted.
DRAFT = {
    "draft_title",
    "has_unpublished_changes",
    "latest_revision",
    "latest_revision_created_at",
}
shown_on_pages("wagtailcore.page", "home.banner", "home.productstory", unseen=DRAFT)
# One that was made is on no page yet; one that is gone may be on any.
shown_on_pages("wagtailimages.rendition", on_save=False)
