"""OpenAI's `/v1/embeddings`, `/v1/chat/completions` and `/v1/models`."""
