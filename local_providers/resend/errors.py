"""Resend's refusals: one JSON shape for all."""

from aiohttp import web


class VendorError(Exception):
    """A request that Resend would refuse. code: its `name` for the reason."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self, request_id: str) -> web.Response:
        body = {"statusCode": self.status, "name": self.code, "message": self.message}
        headers = {"x-request-id": request_id} | ({"retry-after": "1"} if self.status == 429 else {})
        return web.json_response(body, status=self.status, headers=headers)


MISSING_KEY = VendorError(401, "missing_api_key", "Missing API Key")
INVALID_KEY = VendorError(403, "invalid_api_key", "API key is invalid")


def refusal(status: int, code: str, message: str) -> VendorError:
    """An injected one: in Resend's name for the status, unless the fault has a name of its own."""
    if code == "INJECTED":
        code = "rate_limit_exceeded" if status == 429 else "application_error"
    return VendorError(status, code, message)
