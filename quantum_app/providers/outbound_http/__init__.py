"""The only way to addresses that customers name. It reaches nothing but the public internet."""

from quantum_app.providers.outbound_http.client import OutboundHttp

__all__ = ["OutboundHttp"]
