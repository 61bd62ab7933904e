from commerce.orders.creation import (  # noqa: F401
    OrderCreator,
    OrderDispatcher,
    OrderNumberGenerator,
)
