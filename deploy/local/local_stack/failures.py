"""The one failure the stack reports: something is missing, and one line says what to do."""


class Unmet(Exception):
    """A condition for starting is not met; the message is one line: what is wrong and how to put it right."""
