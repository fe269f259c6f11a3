"""Why a command did not do what was asked: one line that says what is wrong and how to put it right, and an exit code."""


class Failed(Exception):
    """The message is one line for the operator."""

    code = 1


class NotFound(Failed):
    """There is no such thing."""

    code = 3


class Unreachable(Failed):
    """Kafka, a database or a service does not answer, or nobody said where it is."""

    code = 4


class Refused(Failed):
    """It would do harm, or what it needs is not so."""

    code = 5


class Unfinished(Failed):
    """It stopped before its end and can go on."""

    code = 6


CODES = {
    0: "done, and nothing is wrong",
    1: "something is wrong, and it was shown: drift, differences, a limit passed",
    2: "the command was not understood",
    3: "there is no such letter, replay, request or topic",
    4: "Kafka, a database or a service can't be reached",
    5: "refused: it would do harm, or something it needs is missing",
    6: "stopped before the end; it can go on",
}
