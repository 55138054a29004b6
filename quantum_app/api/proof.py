"""Proving again who you are, before something that protects a login changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.api import rate_limits
from quantum_app.api.client import address
from quantum_app.db.session import account_session
from quantum_app.domain.identity import credentials, passwords
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotAuthenticated

Code = Annotated[str, Field(max_length=40)]


class Proof(BaseModel):
    password: str = Field("", max_length=passwords.MAX_LENGTH, description="Your current password.")
    code: Annotated[Code, Field(description="A two-factor code, if two-factor authentication is on.")] = ""


@asynccontextmanager
async def proven(request: Request, identity: Identity, body: Proof) -> AsyncIterator[AsyncSession]:
    """A session of the account and the person, once the proof is correct.

    Raises InvalidInput at the field that is wrong, TooManyRequests.
    """
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        try:
            async with rate_limits.guessing("proof", str(identity.user_id), address(request), ""):
                await credentials.reauthenticate(session, identity, body.password, body.code)
        except NotAuthenticated as error:
            field = "code" if error.code == "wrong_code" else "password"
            raise InvalidInput(error.message, code=error.code, field=field) from None
        yield session
