"""The merchant’s settings as the engine reads them."""
