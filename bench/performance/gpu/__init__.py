"""Every path that nets take on a GPU, measured by one command."""
