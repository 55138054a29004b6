"""The dialogue engine: a pure state machine, and the runner that connects it to models and knowledge."""
