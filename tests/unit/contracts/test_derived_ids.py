"""The ids of events are UUIDs of version 5, however they are made."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from contracts.event import derived_id


@given(namespace=st.uuids(), name=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_derived_id_is_a_uuid_of_version_5(namespace: UUID, name: str):
    assert derived_id(namespace, name) == str(uuid5(namespace, name))
