"""What the sandbox pushes is verified, understood, and found again when it was lost."""

from contextlib import suppress

from tests.support.waiting import until

from marketplaces.failures import Unavailable
from marketplaces.interface import Pushed, Unverified


def hints_of(pushes, channel):
    hints = []
    for path, body, authorization in pushes.got:
        if path == f"/{channel.name}":
            received = channel.receive(body, authorization=authorization)
            assert isinstance(received, Pushed), received
            hints.extend(received.hints)
    return hints


async def test_a_request_is_pushed(sandbox, pushes, one):
    order_ref = await sandbox.requested(one.at)

    def told():
        return [hint for hint in hints_of(pushes, one.channel) if hint.order_ref == order_ref and hint.kind == "cancellation"]

    (hint, *_) = await until(told)
    assert hint.shop_id == one.at["shop_id"]
    assert (hint.native_id is not None) is (one.at["channel"] == "tiktok")


async def test_a_push_with_a_changed_byte_is_refused(sandbox, pushes, one):
    await sandbox.requested(one.at)
    _, body, authorization = await until(lambda: next((push for push in pushes.got if push[0] == f"/{one.channel.name}"), None))
    assert one.channel.receive(body + b" ", authorization=authorization) == Unverified()


async def test_a_revoked_authorisation_is_pushed(sandbox, pushes, one):
    await sandbox.shop_event(one.at, "revoke")

    def told():
        return [hint for hint in hints_of(pushes, one.channel) if hint.kind == "revoked" and hint.shop_id == one.at["shop_id"]]

    await until(told)


async def test_an_authorisation_that_ends_soon_is_pushed(sandbox, pushes, one):
    await sandbox.shop_event(one.at, "expiring", in_s=3600)

    def told():
        return [hint for hint in hints_of(pushes, one.channel) if hint.kind == "expiring" and hint.shop_id == one.at["shop_id"]]

    (hint, *_) = await until(told)
    assert hint.authorised_until is not None


async def test_lost_pushes_are_found_until_they_are_confirmed(sandbox, channels):
    shop = await sandbox.shop("shopee")
    await sandbox.do("PUT", "/faults", {"channels": {"shopee": {"lose_pushes": 1}}})
    try:
        order_ref = await sandbox.requested(shop)

        async def lost():
            with suppress(Unavailable):
                page = await channels.shopee.lost_pushes()
                return page if any(hint.order_ref == order_ref for hint in page.hints) else None

        page = await until(lost)
    finally:
        await sandbox.do("DELETE", "/faults")
    assert [hint.shop_id for hint in page.hints if hint.order_ref == order_ref and hint.kind == "cancellation"] == [shop["shop_id"]]
    assert any(hint.order_ref == order_ref for hint in (await channels.shopee.lost_pushes()).hints)
    await channels.shopee.confirm_lost_pushes(page.last_message_id)
    assert not any(hint.order_ref == order_ref for hint in (await channels.shopee.lost_pushes()).hints)
