"""The base of every error that is the user's to mend: its message is one line that says what to do."""


class UserError(ValueError):
    """Something asked for cannot be done; commands print the message alone and exit with 2, pytest with 4."""
