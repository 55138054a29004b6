"""What a job says of its call."""

from quantum_app.domain.calls.schemas import CallRef
from quantum_app.errors import InvalidInput
from quantum_app.providers.livekit import decrypt_metadata


def parse_metadata(text: str) -> CallRef:
    """The call that a job is for. Raises InvalidInput when the metadata are not a call's."""
    try:
        return decrypt_metadata(text)
    except ValueError as error:
        raise InvalidInput("The job's metadata doesn't name a call.") from error
