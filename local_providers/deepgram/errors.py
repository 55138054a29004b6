"""Deepgram's refusals: HTTP bodies, close codes and in-band errors.

Sources: developers.deepgram.com/reference/errors, …/docs/stt-troubleshooting-websocket-data-and-net-errors and the
SDK's `ListenV1Error`.
"""

import json

from aiohttp import web


class VendorError(Exception):
    """A request that Deepgram would refuse: HTTP status, `err_code` and `err_msg`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self, request_id: str) -> web.Response:
        body = {"err_code": self.code, "err_msg": self.message, "request_id": request_id}
        return web.Response(
            status=self.status,
            text=json.dumps(body),
            content_type="application/json",
            headers={"dg-request-id": request_id, "dg-error": self.message.split("\n")[0]},
        )


def bad_request(message: str) -> VendorError:
    return VendorError(400, "Bad Request", f"Bad Request: {message}")


def bad_parameter(message: str) -> VendorError:
    return VendorError(400, "INVALID_QUERY_PARAMETER", f"Failed to deserialize query parameters: {message}")


def require_upgrade(request: web.Request) -> None:
    """Raises VendorError 400 for a GET that does not ask for a WebSocket."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("GET is for WebSocket connections; send recordings and text by POST.")


INVALID_AUTH = VendorError(401, "INVALID_AUTH", "Invalid credentials.")
TOO_LARGE = VendorError(413, "PAYLOAD_TOO_LARGE", "Payload too large.")

NO_AUDIO = (
    1011,
    "Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001",
)
NOT_AUDIO = (1008, "DATA-0000: The payload cannot be decoded as audio.")
NOT_TEXT = (1008, "DATA-0000: The payload cannot be decoded as text.")


def schema_error(problem: str, text: str) -> dict[str, object]:
    """What a text message that is not understood is answered with; the socket stays open."""
    return {
        "type": "Error",
        "variant": "SchemaError",
        "description": f"Could not deserialize last text message: {problem}",
        "message": text,
    }
