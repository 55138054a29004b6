"""Deepgram's `/v1/listen` and `/v1/speak`, as its SDK and the LiveKit plugin expect them."""
