"""The web app: pages, REST API and background tasks, put together."""

import reflex as rx

from quantum_app.web.call.page import call

app = rx.App(
    stylesheets=["/qv/tokens.css", "/qv/parts.css", "/qv/call.css"],
    enable_state=True,
)
app.add_page(call, route="/call/[campaign]", title="Call", description="Speak with the assistant in your browser.")
