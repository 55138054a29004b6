"""OpenAI's refusals: one JSON shape for all."""

from aiohttp import web


class VendorError(Exception):
    """A request that OpenAI would refuse."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.kind = kind

    def response(self, request_id: str) -> web.Response:
        error = {"message": self.message, "type": self.kind, "param": None, "code": self.code}
        return web.json_response({"error": error}, status=self.status, headers={"x-request-id": request_id})


INVALID_KEY = VendorError(401, "Incorrect API key provided.", code="invalid_api_key")


def unknown_model(name: str, available: str) -> VendorError:
    return VendorError(
        404, f"The model `{name}` does not exist; this server has `{available}`.", code="model_not_found"
    )
