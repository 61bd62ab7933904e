from commerce.orders.event_handler import EventHandler  # noqa: F401
