from commerce.catalogue.alert_mails import AlertsDispatcher  # noqa: F401
