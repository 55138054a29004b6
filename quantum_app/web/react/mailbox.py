"""The demo's mailbox: asks the API every two seconds, without the app's socket or a login."""

from quantum_app.web.react import ReactComponent, source


class MailboxList(ReactComponent):
    library = source("mailbox/MailboxList.tsx")
    tag = "MailboxList"


mailbox_list = MailboxList.create
