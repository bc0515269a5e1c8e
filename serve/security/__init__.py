"""Who may ask: tokens, certificates."""
