"""The `stack` fixture."""
