"""The German translation is complete and keeps placeholders and HTML; background mails are German."""

import re
from pathlib import Path

import oscar
import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

from commerce.models import OutgoingMail
from commerce.stock.alerts import answer_product_alerts
from tests.factories import make_product, make_user, set_shop

LOCALES = Path(settings.BASE_DIR) / "locale"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]|{\w*}")
TAG = re.compile(r"</?\w[^>]*>")
#: Messages whose German leaves something out on purpose.
SHORTER = {
    "Pay %(total)s",  # § 312j BGB: nothing but these words on the button
}
#: Words and patterns that German shares with English.
SAME = {
    "(optional)", "Banner", "Code", "Dashboard", "Download", "Downloads", "Eircode", "Format", "HTML", "Imperial (in, lb, fl oz)", "Link", "Links",
    "Madeira", "Material", "Name", "Oblast", "Option", "Option: %(name)s", "Passkey %(number)d", "Passkeys", "Person", "Position", "Region",
    "Shop", "Status", "Text", "Webhooks", "g", "kg", "l", "m", "ml", "m²", "optional",
}  # fmt: skip


def messages(language):
    """``{(context, id): (ids, strings, flags)}`` of a language's catalogue."""
    path = LOCALES / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        catalogue = read_po(file)
    found = {}
    for message in catalogue:
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            found[message.context, ids[0]] = (ids, texts, message.flags)
    return found


@pytest.fixture(scope="module")
def german():
    return messages("de")


def test_every_message_has_a_german_text(german):
    assert sorted(messages("en_GB"), key=str) == sorted(german, key=str)
    assert [key for key, (_ids, texts, _flags) in german.items() if not all(texts)] == []


def test_no_german_text_is_a_guess(german):
    assert [key for key, (_ids, _texts, flags) in german.items() if "fuzzy" in flags] == []


def test_german_texts_keep_placeholders_and_tags(german):
    wrong = []
    for (_context, key), (ids, texts, _flags) in german.items():
        for english, text in zip((ids[0], *ids[1:]), texts, strict=True):
            # A singular may say "one", so it is compared to what its plural may contain.
            known = {tuple(sorted(PLACEHOLDER.findall(one))) for one in (english, ids[-1])}
            if key not in SHORTER and tuple(sorted(PLACEHOLDER.findall(text))) not in known:
                wrong.append(text)
            if sorted(TAG.findall(english)) != sorted(TAG.findall(text)):
                wrong.append(text)
            for edge in (0, -1):
                if (english[edge] == "\n") != (text[edge] == "\n") or text[edge] == " ":
                    wrong.append(text)
    assert wrong == []


def test_only_shared_words_are_equal(german):
    equal = {
        english
        for ids, texts, _flags in german.values()
        for english, text in zip(ids, texts, strict=True)
        if english == text and re.search(r"[A-Za-z]", PLACEHOLDER.sub("", english))
    }
    assert equal - SAME == set()
    assert {
        word for word in SAME if word not in {ids[0] for ids, _texts, _flags in german.values()}
    } == set()


def test_german_is_polite_and_uses_german_quotes(german):
    texts = [text for _ids, strings, _flags in german.values() for text in strings]
    assert [
        text for text in texts if re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich)\b", text)
    ] == []
    assert [text for text in texts if re.search(r"”|(?<!=)\"[^\"]*\"(?!>)|'", text)] == []
    assert [text for text in texts if text.count("„") != text.count("“")] == []


def test_vouchers_and_gift_cards_have_words_of_their_own(german):
    """Whoever has a gift card must not take the field for voucher codes for its place."""
    wrong = []
    for (_context, key), (ids, texts, _flags) in german.items():
        english, text = " ".join(ids).lower(), " ".join(texts)
        if "voucher" in english and "Rabattcode" not in text:
            wrong.append(key)
        if "gift card" in english and "eschenkgutschein" not in text:
            wrong.append(key)
        if re.search(r"\bGutschein|Geschenkkarte", text):
            wrong.append(key)
    assert wrong == []


def test_vouchers_of_oscars_own_pages_are_translated_here(german):
    path = Path(oscar.__file__).parent / "locale" / "de" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        catalogue = read_po(file)
    pages = re.compile(
        r"apps/(dashboard|voucher|offer|order)/|templates/oscar/dashboard/(vouchers|reports)"
    )
    shown = {
        message.id
        for message in catalogue
        if "gutschein" in str(message.string).lower()
        and any(pages.search(file) for file, _line in message.locations)
    }
    assert shown - {key for _context, key in german} == set()


def test_outcome_of_a_row_is_no_refused_access(german):
    assert german[None, "refused"][1] == ("abgelehnt",)
    assert german["access to a page", "refused"][1] == ("verweigert",)


@pytest.mark.parametrize("language", ["en_GB", "de"])
def test_compiled_catalogue_is_current(language):
    with (LOCALES / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = read_mo(file)

    assert texts_of(compiled) == {
        key: strings for key, (_ids, strings, _flags) in messages(language).items()
    }


def texts_of(catalogue):
    """``{(context, id): strings}``."""
    found = {}
    for message in catalogue:
        if message.id:
            one = isinstance(message.id, str)
            context = message.context and message.context.decode()  # Babel reads it as bytes
            key = (context, message.id if one else message.id[0])
            found[key] = (message.string,) if one else tuple(message.string)
    return found


def test_the_state_of_an_address_never_names_a_status():
    """German has different words: Bundesstaat and Status."""
    uses = re.compile(r'translate "State"|_\("State"\)')
    found = [
        path.relative_to(settings.BASE_DIR).as_posix()
        for folder, kind in (("templates", "*.html"), ("commerce", "*.py"), ("home", "*.py"))
        for path in Path(settings.BASE_DIR, folder).rglob(kind)
        if uses.search(path.read_text("utf-8"))
    ]
    assert found == ["commerce/addresses/countries.py"]


@pytest.mark.django_db(transaction=True)
def test_background_task_of_a_german_shop_mails_german(settings):
    settings.LANGUAGE_CODE = "en-gb"
    set_shop(language="de")
    product = make_product("Bowl", price="20.00", stock=3)
    product.productalert_set.create(user=make_user("anna@example.com"), status="Active")

    answer_product_alerts.call()

    mail = OutgoingMail.objects.get()
    assert mail.subject == f"{product.title} ist wieder da"
    assert "Zum Produkt" in mail.body_html
    assert '<html lang="de">' in mail.body_html
