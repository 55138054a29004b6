"""Saved test cases of a flow: conversations and what the flow has to make of them."""
