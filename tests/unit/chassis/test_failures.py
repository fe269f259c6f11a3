"""What an exception means for the events in hand."""

import asyncpg
import pytest

from chassis.failures import Permanent, Transient, judge, without_values


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Transient("later"), "transient"),
        (Permanent("never"), "permanent"),
        (asyncpg.UniqueViolationError("x"), "permanent"),
        (asyncpg.CheckViolationError("x"), "permanent"),
        (asyncpg.CharacterNotInRepertoireError("x"), "permanent"),
        (asyncpg.NumericValueOutOfRangeError("x"), "permanent"),
        (asyncpg.exceptions._base.DataError("an argument that asyncpg refuses"), "permanent"),
        (asyncpg.ProgramLimitExceededError("index row size 3080 exceeds btree version 4 maximum 2704"), "permanent"),
        (OverflowError("date value out of range"), "permanent"),
        (asyncpg.DeadlockDetectedError("x"), "transient"),
        (asyncpg.SerializationError("x"), "transient"),
        (asyncpg.LockNotAvailableError("x"), "transient"),
        (asyncpg.QueryCanceledError("x"), "transient"),
        (asyncpg.AdminShutdownError("x"), "transient"),
        (asyncpg.TooManyConnectionsError("x"), "transient"),
        (asyncpg.CannotConnectNowError("x"), "transient"),
        (asyncpg.ConnectionDoesNotExistError("x"), "transient"),
        (asyncpg.ReadOnlySQLTransactionError("x"), "transient"),
        (asyncpg.DiskFullError("x"), "transient"),
        (asyncpg.InterfaceError("connection is closed"), "transient"),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), "bug"),
        (asyncpg.InternalClientError("cannot switch to state 21; another operation (2) is in progress"), "transient"),
        (ConnectionResetError(), "transient"),
        (TimeoutError(), "transient"),
        (asyncpg.UndefinedColumnError("x"), "bug"),
        (asyncpg.PostgresSyntaxError("x"), "bug"),
        (asyncpg.InFailedSQLTransactionError("x"), "bug"),
        (asyncpg.InsufficientPrivilegeError("x"), "bug"),
        (RuntimeError(), "bug"),
        (KeyError("x"), "bug"),
        (RecursionError(), "bug"),
    ],
    ids=repr,
)
def test_verdicts(error, verdict):
    assert judge(error) == verdict


def test_a_message_for_logs_quotes_no_row_and_no_argument():
    refused = asyncpg.CheckViolationError("violates check constraint")
    refused.detail = "Failing row contains (Siti binti Ahmad)."
    assert "Siti" in str(refused)
    assert without_values(refused) == "violates check constraint"
    argument = asyncpg.exceptions._base.DataError("invalid input for query argument $3: 'Siti' (expected an int)")
    assert without_values(argument) == "invalid input for query argument $3"
    assert without_values(KeyError("x")) == "'x'"
