"""How the demo gateway says no."""


class Refused(Exception):
    """The API says no: an HTTP status and Stripe's error object."""

    def __init__(self, status, message, *, code="", kind="invalid_request_error"):
        self.status = status
        self.body = {"error": {"type": kind, "message": message, "code": code or None}}
        super().__init__(message)
