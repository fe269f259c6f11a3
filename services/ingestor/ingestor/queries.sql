-- name: know_orders
-- A row that does not exist can't be locked; sorted, as everywhere.
insert into orders (shop, order_ref) select $1, unnest($2::text[]) on conflict do nothing

-- name: lock_orders
-- What a read means is decided after this.
select order_ref, seen, former_status from orders where shop = $1 and order_ref = any($2::text[]) order by order_ref for update

-- name: requests_of_orders
-- In the order in which they were first seen: Shopee's are numbered by it.
select order_ref, seen, read_started_at, read_ended_at, published_as, published
from requests where shop = $1 and order_ref = any($2::text[]) order by order_ref, position

-- name: save_orders
-- Locked before.
update orders o set seen = n.seen, former_status = n.former_status, marketplace_status = n.marketplace_status, update_time = n.update_time,
    live = n.live, looked_at = now()
from unnest($2::text[], $3::jsonb[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[])
    as n (order_ref, seen, former_status, marketplace_status, update_time, live)
where o.shop = $1 and o.order_ref = n.order_ref

-- name: save_requests
-- The position is given once.
insert into requests (shop, order_ref, native_id, position, seen, read_started_at, read_ended_at, update_time, marketplace_status, is_open,
    published_as, published)
select $1, n.* from unnest($2::text[], $3::text[], $4::int[], $5::jsonb[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::text[],
    $10::boolean[], $11::text[], $12::jsonb[]) as n
on conflict (shop, order_ref, native_id) do update set seen = excluded.seen, read_started_at = excluded.read_started_at,
    read_ended_at = excluded.read_ended_at, update_time = excluded.update_time, marketplace_status = excluded.marketplace_status,
    is_open = excluded.is_open, published_as = excluded.published_as, published = excluded.published

-- name: glimpse_orders
-- What a list is compared with.
select o.order_ref, o.marketplace_status, o.update_time,
    coalesce(array_agg(r.native_id order by r.position) filter (where r.native_id is not null), '{}') as native_ids,
    coalesce(array_agg(r.marketplace_status order by r.position) filter (where r.native_id is not null), '{}') as request_words,
    coalesce(array_agg(r.update_time order by r.position) filter (where r.native_id is not null), '{}') as request_times,
    coalesce(bool_or(r.is_open), false) as is_open
from orders o left join requests r using (shop, order_ref)
where o.shop = $1 and o.order_ref = any($2::text[]) and o.seen is not null
group by o.shop, o.order_ref

-- name: orders_with_open_requests
-- To be looked at when the marketplace does not list them any more.
select distinct order_ref from requests where shop = $1 and is_open

-- name: swept_until
-- None: never swept.
select swept_until from shops where shop = $1

-- name: save_swept_until
-- Never back: a slow sweep may end after a newer one.
update shops set swept_until = greatest(swept_until, $2) where shop = $1

-- name: shops_up
-- What was last done about each shop.
select shop, up from shops

-- name: take_up_shop
-- A row exactly when something changed: whoever gets it does what follows.
insert into shops (shop, up) values ($1, $2) on conflict (shop) do update set up = excluded.up where shops.up <> excluded.up returning shop

-- name: count_gaps
-- Sorted by shop, one row each.
insert into gaps (shop, found_by, count, worst_delay_s)
values ($1, $2, $3, $4)
on conflict (shop, found_by) do update set count = gaps.count + excluded.count, worst_delay_s = greatest(gaps.worst_delay_s, excluded.worst_delay_s)

-- name: list_gaps
-- The worst first.
select shop, found_by, count, worst_delay_s, since from gaps order by count desc, shop, found_by limit 1000

-- name: keep_unknown_push
-- Kept for operations.
insert into unknown_pushes (channel, shop_id, what) select $1, $2, unnest($3::text[])

-- name: bound_unknown_pushes
-- Only the newest stay.
delete from unknown_pushes where id <= (select max(id) from unknown_pushes) - $1::bigint

-- name: forget_orders
-- Orders that nobody has looked at for long and of which nothing is awaited, some at a time.
delete from orders o using (
    select shop, order_ref from orders where not live and looked_at < $1 order by looked_at limit 1000 for update skip locked
) old
where o.shop = old.shop and o.order_ref = old.order_ref

-- name: keep_connect_link
-- The hash alone.
insert into connect_links (state_hash, channel, seller_id, shop_id, expires_at) values ($1, $2, $3, $4, $5)

-- name: lock_connect_link
-- Of two browsers with the same state one is first. A state of another channel is unknown.
select seller_id, shop_id, expires_at, used_at from connect_links where state_hash = $1 and channel = $2 for update

-- name: use_connect_link
-- Locked before.
update connect_links set used_at = $2 where state_hash = $1

-- name: forget_connect_links
-- Used or not.
delete from connect_links where expires_at < $1

-- name: open_circuit
-- Since when stays; the newest failure is shown.
insert into circuits (shop, failure, message, failures, since, until) values ($1, $2, $3, 1, $4, $5)
on conflict (shop) do update set failure = excluded.failure, message = excluded.message, failures = circuits.failures + 1, until = excluded.until
returning failures

-- name: close_circuit
-- It was read.
delete from circuits where shop = $1

-- name: list_circuits
-- Of all shops that are held back.
select shop, failure, message, failures, since, until from circuits order by shop

-- name: circuits_open
-- A gauge: how many shops, never which.
select split_part(shop, ':', 1), failure, count(*) from circuits group by 1, 2
