"""Commands that check whether a run's figures can be trusted."""
