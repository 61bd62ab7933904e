"""Page texts in the product search: a product is found by the words of the pages that show it.

Wagtail's reference index tells which page shows which product. Wagtail updates it in a task; this
module updates it in the transaction of the change, and refreshes the products' listings there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete
from oscar.core.loading import get_model
from wagtail import blocks
from wagtail.blocks import StreamValue
from wagtail.fields import StreamField
from wagtail.models import Page, PageViewRestriction, ReferenceIndex, get_page_models
from wagtail.rich_text import get_text_for_indexing
from wagtail.search.index import SearchField
from wagtail.signals import post_page_move

from commerce.index.listing_builder import WORD_SOURCES
from commerce.index.refresh_queue import refresh_changed
from home.choosers.blocks import ProductChooserBlock
from home.links import LinkBlock
from home.models import HomePage

#: Only the beginning of a long page is indexed.
MAX_CHARACTERS = 6000


def page_texts(product_ids: Iterable[int]) -> dict[int, str]:
    """``{product_id: text}`` of the live, public pages that show each product.

    Leaves out the home page, which shows many products and is about none. One query for the
    references and one per page type, however many products.
    """
    products_by_page = defaultdict(set)
    rows = _references(to_object_id__in=[str(pk) for pk in product_ids])
    for page_id, product_id in rows.values_list("object_id", "to_object_id"):
        products_by_page[int(page_id)].add(int(product_id))
    if not products_by_page:
        return {}
    pages = Page.objects.live().public().not_exact_type(HomePage)
    texts = defaultdict(list)
    for page in pages.filter(pk__in=products_by_page).specific().order_by("pk"):
        text = page_text(page)
        for product_id in products_by_page[page.pk]:
            texts[product_id].append(text)
    return {product_id: " ".join(parts) for product_id, parts in texts.items()}


def page_text(page: Page) -> str:
    """The text that Wagtail's search indexes for a page, its title first. Makes no query."""
    names = [field.field_name for field in page.search_fields if type(field) is SearchField]
    return " ".join(_value_text(getattr(page, name)) for name in names)[:MAX_CHARACTERS]


def _value_text(value: Any) -> str:
    if isinstance(value, StreamValue):
        return " ".join(_block_texts(value.stream_block, value.get_prep_value()))
    return str(value or "")


def _block_texts(block: blocks.Block | None, raw: Any) -> list[str]:
    """The texts in a stored block, without looking up its products and images."""
    if isinstance(block, LinkBlock):
        return []  # A link's label and target do not describe the page.
    if isinstance(block, blocks.StreamBlock):
        pairs = [(block.child_blocks.get(row["type"]), row["value"]) for row in raw]
    elif isinstance(block, blocks.StructBlock):
        pairs = [(block.child_blocks.get(name), value) for name, value in raw.items()]
    elif isinstance(block, blocks.ListBlock):
        pairs = [(block.child_block, _list_item(row)) for row in raw]
    else:
        is_text = isinstance(block, blocks.CharBlock | blocks.TextBlock | blocks.RichTextBlock)
        return [get_text_for_indexing(raw)] if is_text and raw else []
    return [text for child, value in pairs if value for text in _block_texts(child, value)]


def _list_item(row: Any) -> Any:
    """The value of a list item. Wagtail stores it with an id; old versions stored it bare."""
    return row["value"] if isinstance(row, dict) and row.get("type") == "item" else row


def products_shown_by(page_ids: Iterable[int]) -> set[int]:
    """Keys of the products that the pages show, live or not, according to the reference index."""
    rows = _references(object_id__in=[str(pk) for pk in page_ids])
    return {int(pk) for pk in rows.values_list("to_object_id", flat=True)}


@cache
def product_paths() -> tuple[str, ...]:
    """Where pages store the products that they show, as paths of the reference index.

    Found in the classes of pages and blocks, such as ``body.product_row.products.item``. Links to
    products do not count.
    """
    product = get_model("catalogue", "Product")
    paths: set[str] = set()
    for page_type in get_page_models():
        for field in page_type._meta.fields:
            if isinstance(field, StreamField):
                paths.update(_chooser_paths(field.stream_block, field.name))
            elif field.related_model is product:
                paths.add(field.name)
    return tuple(sorted(paths))


def _chooser_paths(block: blocks.Block, path: str) -> Iterator[str]:
    """The paths of the product choosers in a block that stands at the path."""
    if isinstance(block, LinkBlock):
        return
    if isinstance(block, ProductChooserBlock):
        yield path
    elif isinstance(block, blocks.ListBlock):
        yield from _chooser_paths(block.child_block, f"{path}.item")
    elif isinstance(block, blocks.StreamBlock | blocks.StructBlock):
        for name, child in block.child_blocks.items():
            yield from _chooser_paths(child, f"{path}.{name}")


def _references(**conditions: Any) -> QuerySet[ReferenceIndex]:
    types = ContentType.objects
    product = types.get_for_model(get_model("catalogue", "Product"))
    return ReferenceIndex.objects.filter(
        base_content_type=types.get_for_model(Page),
        to_content_type=product,
        model_path__in=product_paths(),
        **conditions,
    )


# --- Signals --------------------------------------------------------------------------------------
# Pages are saved, moved and deleted by Wagtail, which offers no other way to follow all of these.


def _on_page_saved(
    sender: type[Model],
    instance: Page,
    raw: bool = False,
    update_fields: Iterable[str] | None = None,
    **kwargs: Any,
) -> None:
    """Index a saved page. Saving a draft names its fields, without "live", and changes nothing."""
    if raw or (update_fields is not None and "live" not in update_fields):
        return
    before = products_shown_by([instance.pk])
    with transaction.atomic():
        ReferenceIndex.create_or_update_for_object(instance.specific)
        refresh_changed(before | products_shown_by([instance.pk]))


def _before_page_deleted(sender: type[Model], instance: Page, **kwargs: Any) -> None:
    """Remove the page from the reference index first, so that the refresh no longer counts it."""
    products = products_shown_by([instance.pk])
    if products:
        ReferenceIndex.remove_for_object(instance)
        refresh_changed(products)


def _on_page_moved(sender: type[Model], instance: Page, **kwargs: Any) -> None:
    """Index the page and those below it: the new parent may be private, or the old one was."""
    _refresh_subtree(instance)


def _on_restriction_changed(
    sender: type[Model], instance: PageViewRestriction, raw: bool = False, **kwargs: Any
) -> None:
    if not raw:
        _refresh_subtree(instance.page)


def _refresh_subtree(page: Page) -> None:
    pages = Page.objects.descendant_of(page, inclusive=True)
    refresh_changed(products_shown_by(pages.values_list("pk", flat=True)))


def register() -> None:
    """Add page texts to the product index and connect the signals. May be called again."""
    if page_texts not in WORD_SOURCES:
        WORD_SOURCES.append(page_texts)
    for model in get_page_models():
        post_save.connect(_on_page_saved, sender=model)
    pre_delete.connect(_before_page_deleted, sender=Page)
    post_page_move.connect(_on_page_moved)
    post_save.connect(_on_restriction_changed, sender=PageViewRestriction)
    post_delete.connect(_on_restriction_changed, sender=PageViewRestriction)
