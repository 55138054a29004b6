"""What forms that post to the API are made of: their secrets never go through a page's state."""

import reflex as rx

from quantum_app.web.react import api as api

rx.asset("form.jsx", shared=True)
