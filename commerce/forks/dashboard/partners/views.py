from commerce.dashboard.suppliers import PartnerDeleteView  # noqa: F401
