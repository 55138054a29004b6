"""`python -m local_providers`: serve on 127.0.0.1:LOCAL_PROVIDERS_PORT until SIGINT or SIGTERM."""

import logging
import sys

from aiohttp import web

from local_providers.app import Providers
from quantum_app.kit import log
from quantum_app.settings import settings


def main() -> int:
    current = settings()
    log.configure(current.log_format, current.log_level)
    # One line a request would be noise beside the lines that say what happened.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    if not current.local_providers.key.get_secret_value():
        log.logger(__name__).error(
            "settings.key_missing", message="Set LOCAL_PROVIDERS_KEY to any secret, and give it to the clients too."
        )
        return 2
    web.run_app(
        Providers(current.local_providers).application(),
        host="127.0.0.1",
        port=current.local_providers.port,
        print=None,
        shutdown_timeout=2.0,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
