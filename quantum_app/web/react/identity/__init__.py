"""The pages without a login: forms that post to the API, which sets the HttpOnly cookie, then a page is loaded anew."""

import reflex as rx

from quantum_app.web.react import call as call  # its ring is on the sign-up page
from quantum_app.web.react import forms as forms
from quantum_app.web.react import frame as frame  # its mark is on these pages too

for _module in ("Door.jsx", "token.js"):
    rx.asset(_module, shared=True)


class SignUpForm(rx.NoSSRComponent):
    library = rx.asset("SignUp.jsx", shared=True).importable_path
    tag = "SignUp"


class LogInForm(rx.NoSSRComponent):
    library = rx.asset("LogIn.jsx", shared=True).importable_path
    tag = "LogIn"


class VerifyLink(rx.NoSSRComponent):
    library = rx.asset("Verify.jsx", shared=True).importable_path
    tag = "Verify"


class ForgotForm(rx.NoSSRComponent):
    library = rx.asset("Forgot.jsx", shared=True).importable_path
    tag = "Forgot"


class ResetForm(rx.NoSSRComponent):
    library = rx.asset("Reset.jsx", shared=True).importable_path
    tag = "Reset"


class InvitationForm(rx.NoSSRComponent):
    """roles: what each role may do."""

    library = rx.asset("Invitation.jsx", shared=True).importable_path
    tag = "Invitation"
    roles: rx.Var[dict[str, str]]


class ConfirmEmailLink(rx.NoSSRComponent):
    library = rx.asset("ConfirmEmail.jsx", shared=True).importable_path
    tag = "ConfirmEmail"


sign_up_form = SignUpForm.create
log_in_form = LogInForm.create
verify_link = VerifyLink.create
forgot_form = ForgotForm.create
reset_form = ResetForm.create
invitation_form = InvitationForm.create
confirm_email_link = ConfirmEmailLink.create
