"""The demo's mailbox: asks the API every two seconds, without the app's socket or a login."""

import reflex as rx

from quantum_app.web.react import api as api
from quantum_app.web.react import identity as identity  # its token.js reads the link's fragment


class MailboxList(rx.NoSSRComponent):
    library = rx.asset("MailboxList.jsx", shared=True).importable_path
    tag = "MailboxList"


mailbox_list = MailboxList.create
