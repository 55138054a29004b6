"""The pages without a login: forms that post to the API, which sets the HttpOnly cookie, then a page is loaded anew."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class SignUpForm(ReactComponent):
    library = source("identity/SignUp.tsx")
    tag = "SignUp"


class LogInForm(ReactComponent):
    library = source("identity/LogIn.tsx")
    tag = "LogIn"


class VerifyLink(ReactComponent):
    library = source("identity/Verify.tsx")
    tag = "Verify"


class ForgotForm(ReactComponent):
    library = source("identity/Forgot.tsx")
    tag = "Forgot"


class ResetForm(ReactComponent):
    library = source("identity/Reset.tsx")
    tag = "Reset"


class InvitationForm(ReactComponent):
    """roles: what each role may do."""

    library = source("identity/Invitation.tsx")
    tag = "Invitation"
    roles: rx.Var[dict[str, str]]


class ConfirmEmailLink(ReactComponent):
    library = source("identity/ConfirmEmail.tsx")
    tag = "ConfirmEmail"


sign_up_form = SignUpForm.create
log_in_form = LogInForm.create
verify_link = VerifyLink.create
forgot_form = ForgotForm.create
reset_form = ResetForm.create
invitation_form = InvitationForm.create
confirm_email_link = ConfirmEmailLink.create
