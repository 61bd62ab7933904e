"""How long the shop stores personal data (docs/privacy.md).

Settings that installations choose are read from the environment in ``site_project.settings``.
"""

#: The personal data of each app, with its rules (commerce.privacy.parts).
PRIVACY_PARTS = [
    "commerce.privacy.shop.PART",
    "checkout_app.personal_data.PART",
    "home.personal_data.PART",
    "demo_gateway.personal_data.PART",
]

#: Days after which each retention rule applies. Installations may change them.
RETENTION_DAYS = {
    "import-files": 14,
    "imports": 60,
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

#: The last day of the shop's financial year, as (month, day). The retention of VAT records starts
#: at the end of their year.
FINANCIAL_YEAR_END = (12, 31)
