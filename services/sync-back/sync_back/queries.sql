-- name: insert_requests
-- Insert, then lock, always in the same order: a row that does not exist can't be locked.
with new as (
    insert into requests (request_id, revision)
    select id, 0 from unnest($1::uuid[]) as id on conflict do nothing returning request_id
)
select count(*) from new

-- name: select_requests_for_update
-- Revision 0: nothing was heard of it before.
select request_id::text, revision from requests where request_id = any($1::uuid[]) order by request_id for update

-- name: lock_deliveries
-- After their requests, before work: by request, as whoever locks a shop's.
select from deliveries where request_id = any($1::uuid[]) order by request_id, revision for update

-- name: lock_deliveries_of_shops
-- All at once: shop by shop would meet a batch of words that has them by request.
select from deliveries where shop = any($1::text[]) and state in ('queued', 'retrying', 'blocked') order by request_id, revision for update

-- name: set_revisions
update requests r set revision = n.revision
from unnest($1::uuid[], $2::int[]) as n(request_id, revision) where r.request_id = n.request_id

-- name: supersede_deliveries
-- A newer word was spoken: the older answer is not owed any more.
update deliveries d set state = 'superseded', next_attempt_at = null, updated_at = $3
from unnest($1::uuid[], $2::int[]) as n(request_id, revision)
where d.request_id = n.request_id and d.revision < n.revision and d.state in ('queued', 'retrying', 'blocked')

-- name: insert_deliveries
-- The same decision again inserts nothing. Calls for an earlier word may have reached the marketplace too: read before calling.
insert into deliveries (request_id, revision, action, shop, order_key, "order", native_id, reason, comment, respond_by, idempotency_key, calls, decided_at, created_at, updated_at)
select n.request_id, n.revision, n.action, n.shop, n.order_key, n."order", n.native_id, n.reason, n.comment, n.respond_by, n.idempotency_key,
    coalesce((select max(earlier.calls) from deliveries earlier where earlier.request_id = n.request_id), 0), n.decided_at, $13, $13
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::text[], $12::timestamptz[])
     as n(request_id, revision, action, shop, order_key, "order", native_id, reason, comment, respond_by, idempotency_key, decided_at)
on conflict do nothing

-- name: select_disconnected_shops
select shop, why from shops where shop = any($1::text[]) and state = 'disconnected'

-- name: retry_deliveries
-- A retry by hand makes a waiting or given-up answer due now. An older retry than the newest one does nothing, nor does one of a word
-- that does not stand any more: what was given up is not superseded, but it is owed no longer.
update deliveries d set state = 'queued', retries = n.retry, failures = 0, next_attempt_at = null, updated_at = $4
from unnest($1::uuid[], $2::int[], $3::int[]) as n(request_id, revision, retry)
where d.request_id = n.request_id and d.revision = n.revision and d.retries < n.retry and d.state in ('queued', 'retrying', 'blocked', 'failed')
    and exists (select from requests r where r.request_id = d.request_id and r.revision = d.revision)
returning d.request_id::text, d.shop, d.action, d.respond_by

-- name: owe_again
-- Only the standing word; calls keeps its count, so what was called before is read before it is called again.
update deliveries d set state = 'queued', failures = 0, next_attempt_at = null, updated_at = $3
from unnest($1::uuid[], $2::int[]) as n(request_id, revision)
where d.request_id = n.request_id and d.revision = n.revision and d.state in ('synced', 'refused', 'failed')
    and exists (select from requests r where r.request_id = d.request_id and r.revision = d.revision)
returning d.request_id::text, d.shop, d.action, d.respond_by

-- name: upsert_shop
-- Returns what was known before (null: nothing); no row: something newer is known.
with old as (select state from shops where shop = $1)
insert into shops (shop, seller_id, shop_revision, state, why, changed_at) values ($1, $2, $3, $4, $5, $6)
on conflict (shop) do update set seller_id = excluded.seller_id, shop_revision = excluded.shop_revision, state = excluded.state,
    why = excluded.why, changed_at = excluded.changed_at
where shops.shop_revision < excluded.shop_revision
returning (select state from old) as state_before

-- name: block_deliveries
-- Every live answer of the shop (of these requests alone, if $4) that was not waiting for the shop yet waits for it now; each is reported once.
with live as (
    select request_id, revision from deliveries
    where shop = $1 and (state in ('queued', 'retrying') or (state = 'blocked' and cause <> 'shop_disconnected'))
        and ($4::uuid[] is null or request_id = any($4))
    order by request_id for update
)
update deliveries d set state = 'blocked', cause = 'shop_disconnected', message = $2, code = null, next_attempt_at = null,
    attempt = d.attempt + 1, updated_at = $3
from live where d.request_id = live.request_id and d.revision = live.revision
returning d.*

-- name: unblock_deliveries
with waiting as (
    select request_id, revision from deliveries where shop = $1 and state = 'blocked' and cause = 'shop_disconnected' order by request_id for update
)
update deliveries d set state = 'queued', updated_at = $2
from waiting where d.request_id = waiting.request_id and d.revision = waiting.revision
returning d.request_id::text, d.shop, d.action, d.respond_by

-- name: select_live_delivery
select d.* from deliveries d where d.request_id = $1::uuid and d.state in ('queued', 'retrying', 'blocked') for update

-- name: begin_attempt
-- Written before the call: whoever comes after a crash knows that the call may have been made.
with begun as (
    update deliveries set attempt = attempt + 1, calls = calls + 1, updated_at = $3
    where request_id = $1::uuid and revision = $2 and state in ('queued', 'retrying', 'blocked')
    returning *
), noted as (
    insert into attempts (request_id, revision, attempt, started_at) select request_id, revision, attempt, $3 from begun
)
select * from begun

-- name: lock_request
select revision from requests where request_id = $1::uuid for update

-- name: end_attempt
update attempts set ended_at = $4, result = $5, code = $6, message = $7, call_id = $8
where request_id = $1::uuid and revision = $2 and attempt = $3

-- name: save_result
-- A late success is recorded even when a newer word came meanwhile; anything else is then of no interest.
-- What was reported since the try began is outranked: decision believes the highest attempt.
update deliveries set state = $3, attempt = attempt + (attempt > $11)::int, failures = $4, next_attempt_at = $5, cause = $6, code = $7, message = $8, call_id = coalesce($9, call_id), updated_at = $10
where request_id = $1::uuid and revision = $2 and (state in ('queued', 'retrying', 'blocked') or $3 = 'synced')
returning attempt

-- name: list_deliveries
select d.* from deliveries d
where ($1::text[] is null or d.state = any($1)) and ($2::text[] is null or d.shop = any($2) or split_part(d.shop, ':', 2) = any($2))
  and ($3::timestamptz is null or (d.state in ('queued', 'retrying') and coalesce(d.next_attempt_at, d.created_at) < $3))
  and ($4::timestamptz is null or (d.created_at, d.request_id, d.revision) < ($4, $5::uuid, $6::int))
order by d.created_at desc, d.request_id desc, d.revision desc limit $7

-- name: select_delivery
select d.* from deliveries d where d.request_id = $1::uuid and d.revision = $2

-- name: select_attempts
select attempt, started_at, ended_at, result, code, message, call_id from attempts
where request_id = $1::uuid and revision = $2 order by attempt

-- name: count_live_deliveries
select state, count(*) as deliveries, min(created_at) as oldest from deliveries
where state in ('queued', 'retrying', 'blocked') group by state

-- name: retry_delivery
-- An operator's retry: the answer is due now, unless a newer word was spoken.
update deliveries d set state = 'queued', failures = 0, next_attempt_at = null, updated_at = $3
where d.request_id = $1::uuid and d.revision = $2 and d.state in ('queued', 'retrying', 'blocked', 'failed')
    and exists (select from requests r where r.request_id = d.request_id and r.revision = d.revision)
returning d.request_id::text, d.shop, d.action, d.respond_by
