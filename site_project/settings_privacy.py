"""How long the shop keeps what it knows about people (docs/privacy.md). Nothing here is a secret.

What an installation chooses is read from the environment in ``site_project.settings``.
"""

#: What each floor knows about people, and its rules (commerce.privacy.parts).
PRIVACY_PARTS = [
    "commerce.privacy.shop.PART",
    "checkout_app.personal_data.PART",
    "home.personal_data.PART",
    "demo_gateway.personal_data.PART",
]

#: Days after which a retention rule applies, by its name. An installation may change any of them.
RETENTION_DAYS = {
    "mail-texts": 90,
    "mails": 730,
    "account-mails": 90,
    "audit-addresses": 90,
    "customer-sign-ins": 365,
    "session-records": 60,
    "unconfirmed-alerts": 7,
    "closed-alerts": 90,
    "guest-baskets": 60,
    "viewed-products": 90,
    "search-misses": 90,
    "finished-tasks": 14,
    "failed-tasks": 90,
    "order-contacts": 730,
    "unmatched-withdrawals": 730,
    "demo-events": 30,
}

#: The last day of the shop's financial year, as (month, day). VAT records count from the period
#: that they belong to, so an order is kept until this day of its year and the years after it.
FINANCIAL_YEAR_END = (12, 31)
