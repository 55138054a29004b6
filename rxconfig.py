"""Settings → rx.Config; nothing else."""

from pathlib import Path

import reflex as rx

from quantum_app.settings import settings


class Typeface(rx.plugins.Plugin):
    """Inter, served by ourselves."""

    def get_frontend_dependencies(self, **context: object) -> tuple[str, ...]:
        return ("@fontsource-variable/inter@5.3.0",)

    def get_stylesheet_paths(self, **context: object) -> tuple[str, ...]:
        return ("@fontsource-variable/inter/index.css",)


class Palette(rx.plugins.Plugin):
    """Radix's color scales, light and dark, named in `assets/styles/tokens.css`. Radix Themes itself isn't used."""

    def get_frontend_dependencies(self, **context: object) -> tuple[str, ...]:
        return ("@radix-ui/colors@3.0.0",)

    def get_stylesheet_paths(self, **context: object) -> tuple[str, ...]:
        scales = ("slate", "iris", "red", "amber", "green", "cyan")
        kinds = ("", "-alpha", "-dark", "-dark-alpha")
        return tuple(f"@radix-ui/colors/{scale}{kind}.css" for scale in scales for kind in kinds)


class Frontend(rx.plugins.Plugin):
    """The sources of `frontend/`.

    Vite compiles them with the pages, so there is one React, and a page loads only the parts that it shows.
    """

    def get_static_assets(self, **context: object) -> list[tuple[Path, str]]:
        root = Path(__file__).parent
        sources = (path for path in (root / "frontend" / "src").rglob("*") if path.is_file())
        return [(path.relative_to(root), path.read_text()) for path in sources]


config = rx.Config(
    app_name="quantum_app",
    backend_host="127.0.0.1",
    backend_port=settings().port,
    frontend_port=settings().port,
    cors_allowed_origins=settings().allowed_origins,
    redis_url=settings().redis.page_states or None,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    disable_plugins=[rx.plugins.SitemapPlugin],
    plugins=[
        Typeface(),
        Palette(),
        Frontend(),
    ],
)
