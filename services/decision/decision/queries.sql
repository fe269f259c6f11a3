-- name: create_orders
-- Rows that may not exist are made before they are locked; sorted, so that two batches never wait for each other.
insert into orders(order_key, seller_id, channel, shop_id, order_ref)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) new(order_key, seller_id, channel, shop_id, order_ref)
order by order_key
on conflict (order_key) do nothing

-- name: lock_orders
-- Every change of a request begins here.
select order_key, seller_id, order_revision, status, shippable, hold, recall, marketplace_status, changed_at
from orders where order_key = any($1) order by order_key for update

-- name: lock_free_orders
-- For the clock: what somebody else holds is looked at by somebody else.
select order_key, seller_id, order_revision, status, shippable, hold, recall, marketplace_status, changed_at
from orders where order_key = any($1) order by order_key for update skip locked

-- name: find_requests_of_orders
-- Only after the orders are locked: what is read here is what is decided from.
select request_id::text, order_key, body::text from requests where order_key = any($1) order by requested_at, request_id

-- name: find_order_keys
-- Which orders to lock for these requests of a seller.
select request_id::text, order_key from requests where request_id = any($1::text[]::uuid[]) and seller_id = $2

-- name: find_shops
-- Whose they are, and whether they can be read and answered.
select channel, shop_id, seller_id, state from shops where (channel, shop_id) in (select * from unnest($1::text[], $2::text[]))

-- name: save_orders
-- The order's newest state.
update orders o
set order_revision = new.order_revision, status = new.status, shippable = new.shippable, hold = new.hold,
    recall = new.recall, marketplace_status = new.marketplace_status, changed_at = new.changed_at, request_id = new.request_id::uuid
from unnest($1::text[], $2::int[], $3::text[], $4::boolean[], $5::text[], $6::boolean[], $7::text[], $8::timestamptz[], $9::text[])
  new(order_key, order_revision, status, shippable, hold, recall, marketplace_status, changed_at, request_id)
where o.order_key = new.order_key

-- name: save_requests
-- The request as the rules left it, with the columns that lists need. A request stays with its order: whoever says otherwise changes nothing.
insert into requests(request_id, order_key, seller_id, channel, shop_id, region, order_ref, state, sync, revision, version, requested_at, respond_by,
                     updated_at, order_total, currency, reason, parcel_state, units, open_alerts, attention_since, clock_at, shop_disconnected,
                     search, body)
select request_id::uuid, order_key, seller_id, channel, shop_id, region, order_ref, state, sync, revision, version, requested_at, respond_by,
       updated_at, order_total, currency, reason, parcel_state, units, string_to_array(open_alerts, ' '), attention_since, clock_at,
       shop_disconnected, array_to_tsvector(string_to_array(words, ' ')), body
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int[], $11::int[],
            $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::numeric[], $16::text[], $17::text[], $18::text[], $19::int[],
            $20::text[], $21::timestamptz[], $22::timestamptz[], $23::boolean[], $24::text[], $25::jsonb[])
  new(request_id, order_key, seller_id, channel, shop_id, region, order_ref, state, sync, revision, version, requested_at, respond_by,
      updated_at, order_total, currency, reason, parcel_state, units, open_alerts, attention_since, clock_at, shop_disconnected, words, body)
on conflict (request_id) do update
set region = excluded.region, state = excluded.state, sync = excluded.sync, revision = excluded.revision,
    version = excluded.version, requested_at = excluded.requested_at, respond_by = excluded.respond_by, updated_at = excluded.updated_at,
    order_total = excluded.order_total, currency = excluded.currency, reason = excluded.reason, parcel_state = excluded.parcel_state,
    units = excluded.units, open_alerts = excluded.open_alerts, attention_since = excluded.attention_since, clock_at = excluded.clock_at,
    shop_disconnected = excluded.shop_disconnected, search = excluded.search, body = excluded.body
where requests.order_key = excluded.order_key

-- name: save_traces
-- The first is kept: that is the webhook's.
insert into traces(request_id, traceparent) select request_id::uuid, traceparent from unnest($1::text[], $2::text[]) new(request_id, traceparent)
order by request_id
on conflict do nothing

-- name: find_traces
-- Those of these requests that were traced.
select request_id::text, traceparent from traces where request_id = any($1::text[]::uuid[])

-- name: add_entries
-- The timeline only grows, and an event that an operator has handled again is told once.
insert into timeline(request_id, at, kind, actor, params, event_id)
select request_id::uuid, at, kind, actor, params, event_id
from unnest($1::text[], $2::timestamptz[], $3::text[], $4::jsonb[], $5::jsonb[], $6::text[]) new(request_id, at, kind, actor, params, event_id)
where new.event_id is null or not exists (
    select from timeline told where told.request_id = new.request_id::uuid and told.event_id = new.event_id and told.kind = new.kind)

-- name: tell_listeners
-- Told when (and only if) the transaction commits, to every instance that listens.
select pg_notify('decision_changes', told) from unnest($1::text[]) told

-- name: save_shops
-- The highest shop_revision wins, whatever the order they come in; `turned_at` is when its connection came or went.
insert into shops(channel, shop_id, seller_id, name, region, state, shop_revision, why, authorised_until, last_read_at, changed_at, heard_at, turned_at)
select channel, shop_id, seller_id, name, region, state, shop_revision, why, authorised_until, last_read_at, changed_at, $12, $12
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::timestamptz[],
            $10::timestamptz[], $11::timestamptz[])
  new(channel, shop_id, seller_id, name, region, state, shop_revision, why, authorised_until, last_read_at, changed_at)
order by channel, shop_id
on conflict (channel, shop_id) do update
set name = excluded.name, region = excluded.region, state = excluded.state, shop_revision = excluded.shop_revision, why = excluded.why,
    authorised_until = excluded.authorised_until, last_read_at = coalesce(excluded.last_read_at, shops.last_read_at), changed_at = excluded.changed_at, heard_at = excluded.heard_at,
    turned_at = case when (shops.state = 'disconnected') = (excluded.state = 'disconnected') then shops.turned_at else excluded.turned_at end
where shops.shop_revision < excluded.shop_revision
returning channel, shop_id, seller_id

-- name: save_levels
-- The highest level_version wins, whatever the order they come in.
insert into stock_levels(seller_id, sku, location, available, level_version)
select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[]) new(seller_id, sku, location, available, level_version)
order by seller_id, sku, location
on conflict (seller_id, sku, location) do update
set available = excluded.available, level_version = excluded.level_version
where stock_levels.level_version < excluded.level_version

-- name: save_movements
-- What a request gave back or took back, as inventory told it.
insert into stock_movements(movement_id, request_id, line_id, sku, quantity, condition, location, moved_at)
select movement_id::uuid, request_id::uuid, line_id, sku, quantity, condition, location, moved_at
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::timestamptz[])
  new(movement_id, request_id, line_id, sku, quantity, condition, location, moved_at)
on conflict (movement_id) do nothing

-- name: find_due_orders
-- Orders with a request whose alerts change by time alone.
select order_key from requests where clock_at <= $1 and order_key <> all($3::text[]) order by clock_at limit $2

-- name: find_orders_of_turned_shops
-- Orders with a request that waits and has not heard that its shop was disconnected or connected again.
select r.order_key
from shops s join requests r on (r.channel, r.shop_id) = (s.channel, s.shop_id) and r.waits
where s.turned_at > $1 and r.shop_disconnected <> (s.state = 'disconnected') and r.order_key <> all($3::text[])
limit $2

-- name: find_solved_oversolds
-- Requests that took back more than there was, of a SKU of which there is enough again. Few at any time: the index holds no others.
select r.order_key, r.request_id::text, taken.sku
from requests r
cross join lateral jsonb_array_elements_text(r.body -> 'stock' -> 'oversold') taken(sku)
join stock_levels l on (l.seller_id, l.sku) = (r.seller_id, taken.sku)
where r.body -> 'stock' ? 'oversold' and l.available >= 0 and ($1::text[] is null or r.order_key = any($1))
  and r.order_key <> all($3::text[])
limit $2

-- name: save_reject_reasons
-- The list last fetched for a request.
insert into reject_reasons(request_id, locale, required, items, fetched_at) values ($1::text::uuid, $2, $3, $4, $5)
on conflict (request_id, locale) do update set required = excluded.required, items = excluded.items, fetched_at = excluded.fetched_at

-- name: find_reject_reasons
-- The lists kept for these requests, the newest last: names are the same in every language.
select request_id::text, locale, required, items, fetched_at from reject_reasons where request_id = any($1::text[]::uuid[]) order by fetched_at
