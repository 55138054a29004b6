"""The voices that a flow may choose: Deepgram's English ones (https://developers.deepgram.com/docs/tts-models).

Our own engine has one voice and speaks them all alike.
"""

VOICES = tuple(
    f"aura-2-{name}-en"
    for name in (
        "amalthea andromeda apollo arcas aries asteria athena atlas aurora callista cora cordelia delia draco electra "
        "harmonia helena hera hermes hyperion iris janus juno jupiter luna mars minerva neptune odysseus ophelia orion "
        "orpheus pandora phoebe pluto saturn selene thalia theia vesta zeus"
    ).split()
)


def label(voice: str) -> str:
    """The name of a voice, for people."""
    return voice.split("-")[2].capitalize()
