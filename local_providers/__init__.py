"""The vendors' own wire protocols on loopback, with real models behind them.

One process serves Deepgram's `listen` and `speak`, OpenAI's embeddings and chat and Resend's `emails`, so that the
product and its tests use the official plugins and SDKs without a key. `docs/PROVIDERS.md` says what is imitated and
what is left out.
"""
