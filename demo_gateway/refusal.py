"""The demo gateway's error response."""


class Refused(Exception):
    """The API refuses: an HTTP status and Stripe's error object."""

    def __init__(
        self, status: int, message: str, *, code: str = "", kind: str = "invalid_request_error"
    ) -> None:
        self.status = status
        self.body = {"error": {"type": kind, "message": message, "code": code or None}}
        super().__init__(message)
