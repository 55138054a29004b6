"""Settings → rx.Config; nothing else."""

import reflex as rx

from quantum_app.settings import settings

config = rx.Config(
    app_name="quantum_app",
    backend_host="127.0.0.1",
    backend_port=settings().port,
    frontend_port=settings().port,
    cors_allowed_origins=settings().allowed_origins,
    redis_url=settings().redis.url.get_secret_value() or None,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    disable_plugins=[rx.plugins.SitemapPlugin],
    plugins=[
        rx.plugins.RadixThemesPlugin(theme=rx.theme(accent_color="iris", gray_color="slate", radius="medium")),
    ],
)
