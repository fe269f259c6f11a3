"""The two kinds of failure that we raise; anything else is a bug."""


class Transient(Exception):  # noqa: N818 - the word is the verdict, and it is said everywhere
    """Wait and try again; the order of events is kept."""


class Permanent(Exception):  # noqa: N818 - as above
    """It can never work: the event goes to the dead letters."""
