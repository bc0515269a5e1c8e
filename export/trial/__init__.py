"""Which trials are exported, and what they are made of."""
