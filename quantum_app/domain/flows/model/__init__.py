"""What a flow is, and the state, events and actions of a call that runs it."""
