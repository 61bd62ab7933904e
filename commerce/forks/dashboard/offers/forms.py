from commerce.dashboard.offer_forms import RestrictionsForm  # noqa: F401
