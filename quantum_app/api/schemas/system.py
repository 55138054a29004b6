"""Whether the product is up, and the demo's mailbox."""

from typing import Literal

from pydantic import BaseModel, Field

from quantum_app.api.schemas.base import Resource


class ComponentHealth(Resource):
    """The state of one component."""

    ok: bool
    message: str
    ms: float = Field(description="Milliseconds that the check took.")


class Health(BaseModel):
    """The state of the product."""

    status: Literal["ok", "down"]
    uptime: float = Field(description="Seconds since this process started.")
    version: str
    checks: dict[str, ComponentHealth] = Field({}, description="Each component, for those who may see them.")


class Alive(Resource):
    """This process answers."""

    status: Literal["ok"] = "ok"


class Mail(Resource):
    """A mail that the demo received."""

    id: str
    sender: str = Field(alias="from")
    to: list[str]
    subject: str
    text: str
    created_at: str


class Mailbox(Resource):
    """Mails, the newest first."""

    mails: list[Mail]
