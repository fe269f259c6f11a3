-- Every statement that inventory says to Postgres. One statement serves a whole batch: columns come as arrays.

-- name: find_levels
-- Which of these SKUs have a level. Not locked: a level stays for ever, so a yes stays true.
select l.seller_id, l.sku
from unnest($1::text[], $2::text[]) as asked(seller_id, sku)
join levels l on (l.seller_id, l.sku, l.location) = (asked.seller_id, asked.sku, 'main')

-- name: create_levels
-- A row that does not exist can't be locked: create, then lock, always in the same order.
insert into levels (seller_id, sku, location, updated_at)
select seller_id, sku, 'main', $3
from unnest($1::text[], $2::text[]) as new(seller_id, sku)
order by seller_id, sku
on conflict do nothing

-- name: lock_levels
-- Last in the lock order, sorted. A statement of its own: locking inside the update, even through an ordered CTE, deadlocks.
select l.seller_id, l.sku, l.available, l.damaged, l.level_version
from unnest($1::text[], $2::text[]) as asked(seller_id, sku)
join levels l on (l.seller_id, l.sku, l.location) = (asked.seller_id, asked.sku, 'main')
order by l.seller_id, l.sku
for update of l

-- name: save_levels
-- What was counted on the locked rows.
update levels l
set available = new.available, damaged = new.damaged, level_version = new.level_version, updated_at = $6
from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[]) as new(seller_id, sku, available, damaged, level_version)
where (l.seller_id, l.sku, l.location) = (new.seller_id, new.sku, 'main')

-- name: create_orders
-- The orders among these that nobody knew become ours. Sorted, and before the known ones are locked. The known are told: mostly there are none.
with created as (
    insert into orders (seller_id, order_key, stock, ordered, back)
    select seller_id, order_key, stock, ordered, back
    from unnest($1::text[], $2::text[], $3::jsonb[], $4::int[], $5::int[]) as new(seller_id, order_key, stock, ordered, back)
    order by order_key
    on conflict do nothing
    returning order_key
)
select order_key from unnest($2::text[]) as asked(order_key) except all select order_key from created

-- name: lock_orders
-- Before levels, sorted.
select order_key, seller_id, stock
from orders
where order_key = any($1::text[])
order by order_key
for update

-- name: save_orders
-- What their requests say now, and what is booked.
update orders o
set stock = new.stock, ordered = new.ordered, back = new.back
from unnest($1::text[], $2::jsonb[], $3::int[], $4::int[]) as new(order_key, stock, ordered, back)
where o.order_key = new.order_key

-- name: forget_unmatched_lines
-- Lines of these orders that no longer wait: decided anew, taken back, or matched.
delete from unmatched_lines
where order_key = any($1::text[]) and reference <> all($2::text[])

-- name: remember_unmatched_lines
-- A line that waits already keeps its time; what is left of it may change with the order's other requests.
insert into unmatched_lines (reference, seller_id, order_key, request_id, revision, channel, shop_id, order_ref, region,
                             line_id, sku, item_id, variant_id, quantity, why, at)
select reference, seller_id, order_key, request_id, revision, channel, shop_id, order_ref, region, line_id, sku, item_id, variant_id, quantity, why, $16
from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::text[])
    as new(reference, seller_id, order_key, request_id, revision, channel, shop_id, order_ref, region, line_id, sku, item_id, variant_id, quantity, why)
on conflict (reference) do update set quantity = excluded.quantity where unmatched_lines.quantity <> excluded.quantity

-- name: find_unmatched_lines
-- The lines that a posting refers to; another seller's are not found.
select reference, order_key, request_id, revision, channel, shop_id, order_ref, region, line_id, quantity
from unmatched_lines
where seller_id = $1 and reference = any($2::text[])

-- name: find_postings
-- What was posted under these names before, ever.
select m.*
from unnest($2::text[], $3::text[], $4::text[]) as asked(reason, reference, sku)
join movements m on (m.reason, m.reference, m.sku) = (asked.reason, asked.reference, asked.sku)
where m.seller_id = $1 and m.reason is not null
order by m.id

-- name: list_levels
-- By SKU, after a position.
select sku, location, available, damaged, level_version, updated_at
from levels
where seller_id = $1
  and ($2::text[] is null or sku = any($2))
  and ($3::int is null or available <= $3)
  and ($4::text is null or (sku, location) > ($4, $5::text))
order by sku, location
limit $6

-- name: list_movements
-- Newest first, before a position.
select *
from movements
where seller_id = $1
  and ($2::text is null or sku = $2)
  and ($3::text is null or order_ref = $3)
  and ($4::uuid is null or request_id = $4)
  and ($5::timestamptz is null or moved_at >= $5)
  and ($6::bigint is null or id < $6)
order by id desc
limit $7

-- name: list_unmatched_lines
-- Oldest first: they wait for somebody.
select *
from unmatched_lines
where seller_id = $1
  and ($2::timestamptz is null or (at, reference) > ($2, $3::text))
order by at, reference
limit $4
