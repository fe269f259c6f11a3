-- name: find_shop
-- The shop with its tokens, as they are now.
select s.*, a.generation, a.key_id, a.access_token, a.obtained_at, a.access_until
from shops s join authorisations a on a.id = s.authorisation
where s.channel = $1 and s.shop_id = $2

-- name: list_shops
-- Every filter is optional.
select * from shops
where ($1::text is null or channel = $1) and ($2::text is null or seller_id = $2)
order by channel, shop_id

-- name: lock_shop
-- What is decided from a shop is decided after this.
select * from shops where channel = $1 and shop_id = $2 for update

-- name: generation_of
-- A statement of its own: one that waited for the shop's lock would see the tokens as they were before.
select generation from authorisations where id = $1

-- name: lock_shops_of
-- Sorted: two that settle the same authorisation don't deadlock.
select * from shops where authorisation = $1 order by channel, shop_id for update

-- name: lock_authorisation
-- With the database's clock: leases of several machines are judged by one.
select *, clock_timestamp() as now, lease is not null and lease_until > clock_timestamp() as leased from authorisations where id = $1 for update

-- name: take_lease
-- Committed before the marketplace is called. A lease that was found here and had ended was cut off.
update authorisations set unsettled = unsettled or lease is not null, lease = $2, lease_until = clock_timestamp() + $3::interval
where id = $1

-- name: release_lease
-- Nothing came back. $3: whether the refresh token may be used up all the same.
update authorisations set lease = null, lease_until = null, unsettled = unsettled or $3 where id = $1 and lease = $2

-- name: store_pair
-- By generation, not by lease: a pair that comes late is still the only one that works.
update authorisations set
    key_id = $3, access_token = $4, refresh_token = $5, obtained_at = $6, access_until = $7, refresh_until = coalesce($8, refresh_until),
    generation = generation + 1, lease = null, lease_until = null, unsettled = false
where id = $1 and generation = $2

-- name: replace_pair
-- Consent replaces the tokens of an authorisation that is here already, whoever asked for it and whatever is under way.
update authorisations set
    key_id = $2, access_token = $3, refresh_token = $4, obtained_at = $5, access_until = $6, refresh_until = $7,
    generation = generation + 1, lease = null, lease_until = null, unsettled = false
where id = $1

-- name: lock_connecting
-- One code at a time: of two that are exchanged for the same shop the later pair works, and it has to be the one that is stored last.
select pg_try_advisory_lock(hashtextextended('connecting:' || $1, 7))

-- name: unlock_connecting
-- The connection goes back to its pool.
select pg_advisory_unlock(hashtextextended('connecting:' || $1, 7))

-- name: put_authorisation
-- Consent (again) replaces both tokens, whatever is under way.
insert into authorisations (id, channel, shop_id, key_id, access_token, refresh_token, obtained_at, access_until, refresh_until)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (id) do update set
    key_id = excluded.key_id, access_token = excluded.access_token, refresh_token = excluded.refresh_token, obtained_at = excluded.obtained_at,
    access_until = excluded.access_until, refresh_until = excluded.refresh_until, generation = authorisations.generation + 1,
    lease = null, lease_until = null, unsettled = false

-- name: insert_shop
-- None when the shop is here already.
insert into shops (channel, shop_id, seller_id, name, region, authorisation, cipher, state, authorised_until, stock_from, changed_at, announced_at)
values ($1, $2, $3, $4, $5, $6, $7, 'connected', $8, $9, $9, $9)
on conflict do nothing
returning *

-- name: reconnect_shop
-- stock_from stays: what was cancelled while the shop was disconnected still gives stock back.
update shops set name = $3, region = $4, authorisation = $5, cipher = coalesce($6, cipher)
where channel = $1 and shop_id = $2

-- name: change_shop
-- The next revision, announced.
update shops set
    state = $3, why = $4, authorised_until = $5, last_read_at = $6, changed_at = $7,
    shop_revision = shop_revision + 1, announced_at = $8
where channel = $1 and shop_id = $2
returning *

-- name: touch_shop
-- Read again, not announced.
update shops set last_read_at = greatest(last_read_at, $3) where channel = $1 and shop_id = $2

-- name: grant_answering
-- What sync-back does here: read and change shops and tokens, announce. It connects none.
grant select, update on shops, authorisations to sync_back

-- name: grant_announcing
-- As above.
grant insert on outbox to sync_back
