-- name: take_lead
-- A session lock: it is ours until this connection ends, and then at once somebody else's.
select pg_try_advisory_lock(hashtextextended($1, 0))

-- name: next_rows
-- No cursor: a transaction that commits late is never skipped. $2 bounds the bytes in hand; the first row always comes.
select id, event_id, topic, key, value, headers
from (
    select *, sum(coalesce(octet_length(value), 0)) over (order by id rows unbounded preceding) - coalesce(octet_length(value), 0) as bytes_before
    from (select * from outbox order by id limit $1) as lowest
) as summed
where bytes_before < $2
order by id

-- name: delete_rows
-- They have been acknowledged by all in-sync replicas.
delete from outbox where id = any($1::bigint[])

-- name: set_aside
-- An operator looks at it: nothing is thrown away.
with gone as (delete from outbox where id = $1 returning *)
insert into outbox_refused (id, event_id, topic, key, value, headers, created_at, reason)
select id, event_id, topic, key, value, headers, created_at, $2 from gone

-- name: oldest_age_seconds
-- Feeds the alarm: an old row means that nothing goes out.
select extract(epoch from clock_timestamp() - created_at)::float8 from outbox order by id limit 1

-- name: count_rows
-- Counted to a bound: an outbox that nobody empties must not be read whole every few seconds.
select count(*) from (select from outbox limit 100000) as counted
