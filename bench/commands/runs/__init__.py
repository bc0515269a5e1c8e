"""Commands on several runs: what changed from one to another."""
