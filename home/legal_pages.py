"""The pages that a shop needs by law."""

from django.utils.translation import gettext_lazy

#: Pages that a shop needs by law: slug, title, and what the text must cover.
LEGAL_PAGES = (
    (
        "terms",
        gettext_lazy("Terms"),
        gettext_lazy(
            "The seller, how a contract is concluded, prices and tax, payment, delivery, guarantees."
        ),
    ),
    (
        "privacy",
        gettext_lazy("Privacy"),
        gettext_lazy(
            "Which personal data the shop stores, why, for how long, who receives it, and a contact."
        ),
    ),
    (
        "delivery-returns",
        gettext_lazy("Delivery and returns"),
        gettext_lazy(
            "Where the shop delivers, what it costs, how to withdraw from or return a purchase."
        ),
    ),
    (
        "legal-notice",
        gettext_lazy("Legal notice"),
        gettext_lazy(
            "The company's name, address, email address, register entry, VAT number and representatives."
        ),
    ),
)
