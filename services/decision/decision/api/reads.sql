-- name: find_request
-- One request of a seller with its order.
select r.body::text as body, o.order_revision, o.status, o.shippable, o.hold, o.recall, o.marketplace_status, o.changed_at
from requests r join orders o using (order_key) where r.request_id = $2::text::uuid and r.seller_id = $1

-- name: find_requests
select r.body::text as body, o.order_revision, o.status, o.shippable, o.hold, o.recall, o.marketplace_status, o.changed_at
from requests r join orders o using (order_key) where r.request_id = any($2::text[]::uuid[]) and r.seller_id = $1

-- name: find_changed_since
-- What a stream missed: the ids, oldest change first.
select request_id::text from requests where seller_id = $1 and updated_at > $2 order by updated_at limit $3

-- name: find_shops_heard_since
select channel || ':' || shop_id as key from shops where seller_id = $1 and heard_at > $2

-- name: find_timeline
select t.at, t.kind, t.actor, t.params, t.event_id from timeline t join requests r using (request_id)
where t.request_id = $2::text::uuid and r.seller_id = $1 order by t.at, t.id

-- name: find_available
-- What is on the shelf now, over all locations.
select sku, sum(available)::int as available from stock_levels where seller_id = $1 and sku = any($2::text[]) group by sku

-- name: find_movements
select movement_id::text, line_id, sku, quantity, condition, location, moved_at
from stock_movements where request_id = $1::text::uuid order by moved_at, movement_id

-- name: list_shops
select s.channel, s.shop_id, s.name, s.region, s.state, s.authorised_until, coalesce(s.last_read_at, s.heard_at) as last_heard_at,
       (select count(*) from requests r
        where (r.seller_id, r.tab, r.channel, r.shop_id) = (s.seller_id, 'to_decide', s.channel, s.shop_id)) as to_decide
from shops s where s.seller_id = $1 and ($2::text[] is null or s.channel || ':' || s.shop_id = any($2)) order by s.channel, s.region, s.name

-- name: find_parcel
-- The orders with a cancel request that travel in a parcel, or have one of several; a caller of no seller sees all sellers'.
-- Carriers' numbers are in capitals; one kept otherwise is found as it was written.
select channel, shop_id, order_ref from requests
where upper(body->'facts'->'parcel'->>'tracking_no') = upper($2) and body->'facts'->'parcel'->>'tracking_no' is not null
  and ($1::text is null or seller_id = $1)
union
select channel, shop_id, order_ref from requests
where body->'facts'->'parcel' ? 'other_tracking_nos' and body->'facts'->'parcel'->'other_tracking_nos' ?| array[$2, upper($2)]
  and ($1::text is null or seller_id = $1)
order by channel, shop_id, order_ref limit 20

-- name: find_fulfilment
-- In the order asked; null where nothing was ever heard of an order. A caller of no seller sees all sellers' orders.
-- Heard of is when the marketplace was read, not when we were told: what waited in Kafka for an hour is an hour old.
select q.channel, q.shop_id, q.order_ref, o.status, o.shippable, o.hold, o.request_id::text, s.state as shop_state,
       coalesce(s.last_read_at, s.changed_at) as heard_at, not exists (select from behind where until > now()) as all_heard
from unnest($2::text[], $3::text[], $4::text[]) with ordinality q(channel, shop_id, order_ref, place)
left join orders o on o.order_key = q.channel || ':' || q.shop_id || ':' || q.order_ref and o.order_revision > 0 and ($1::text is null or o.seller_id = $1)
left join shops s on (s.channel, s.shop_id) = (q.channel, q.shop_id) and ($1::text is null or s.seller_id = $1)
order by q.place
