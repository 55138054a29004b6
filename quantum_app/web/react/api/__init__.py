"""The REST API, as the React parts ask it."""

import reflex as rx

rx.asset("api.js", shared=True)
