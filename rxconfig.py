"""Settings → rx.Config; nothing else."""

import reflex as rx

from quantum_app.settings import settings


class Typeface(rx.plugins.Plugin):
    """Inter, served by ourselves."""

    def get_frontend_dependencies(self, **context: object) -> tuple[str, ...]:
        return ("@fontsource-variable/inter@5.3.0",)

    def get_stylesheet_paths(self, **context: object) -> tuple[str, ...]:
        return ("@fontsource-variable/inter/index.css",)


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
        Typeface(),
        rx.plugins.RadixThemesPlugin(theme=rx.theme(accent_color="iris", gray_color="slate", radius="medium")),
    ],
)
