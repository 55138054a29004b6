"""The login form: posts to the API, which sets the HttpOnly cookie, then loads the wanted page anew."""

import reflex as rx


class LoginForm(rx.NoSSRComponent):
    library = rx.asset("LoginForm.jsx", shared=True).importable_path
    tag = "LoginForm"


login_form = LoginForm.create
