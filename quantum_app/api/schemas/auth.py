"""Logging in, signing up, and looking after one's own login."""

from typing import Literal

from pydantic import Field

from quantum_app.api.public_ids import AccountId
from quantum_app.api.schemas.base import Resource
from quantum_app.domain.accounts.permissions import Permission, Role


class SecondFactorRequired(Resource):
    """The password was right, and a code is needed too."""

    second_factor: Literal[True] = True
    challenge: str = Field(description="Send it with the code within five minutes.")


class Invitation(Resource):
    """Who invites whom to which account."""

    account: str
    email: str
    role: Role
    invited_by: str = Field(description="The name of who invites.")
    inviter_email: str = Field(description="Their email address, which is confirmed.")
    has_login: bool = Field(description="Whether the invited address already has a login.")
    logged_in_as: str = Field(description="The email address of whoever is logged in, or an empty string.")


class Membership(Resource):
    """An account that you belong to."""

    id: AccountId
    name: str
    role: Role


class Me(Resource):
    """You, the account you are in, and what you may do there."""

    name: str
    email: str
    role: Role
    account: str
    second_factor: bool
    permissions: list[Permission]
    accounts: list[Membership]


class SecondFactorEnrollment(Resource):
    """The secret for an authenticator app."""

    secret: str
    uri: str
    qr: str = Field(description="The URI as a QR code, in SVG.")


class RecoveryCodes(Resource):
    """Codes to log in with when the authenticator app is lost. They are shown this once."""

    recovery_codes: list[str]


class IdentityProvider(Resource):
    """A provider to sign in with."""

    id: str
    name: str


class Redirect(Resource):
    """Where to send the browser."""

    url: str
