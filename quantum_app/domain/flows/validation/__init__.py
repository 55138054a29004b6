"""The one validator of flows, and its checks by subject."""
