-- name: know_shops
-- A row that does not exist can't be locked; in the order of names, as everywhere.
insert into work_shops (shop) select unnest($1::text[]) on conflict do nothing

-- name: hint
-- A hint never touches the lease: the holder goes on, and is followed by another run.
insert into work as w (shop, key, due_at, rank, deadline, payload, traceparent)
select shop, key, coalesce(due_at, now()), rank, deadline, payload, traceparent
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::smallint[], $5::timestamptz[], $6::jsonb[], $7::text[])
    as item (shop, key, due_at, rank, deadline, payload, traceparent)
on conflict (shop, key) do update set
    hints = w.hints + 1,
    due_at = least(w.due_at, excluded.due_at),
    rank = excluded.rank,
    deadline = coalesce(excluded.deadline, w.deadline),
    payload = coalesce(excluded.payload, w.payload),
    traceparent = coalesce(excluded.traceparent, w.traceparent)

-- name: claim_turn
-- $1 lease, $2 seconds, $3 rows. The shop served longest ago that has something due and is in nobody's hand; `no key update` lets hints come in meanwhile.
with turn as (
    select s.shop
    from work_shops s
    where s.not_before <= now() and s.turn_until < now()
        and exists (select from work w where w.shop = s.shop and w.due_at <= now() and w.lease_until < now())
    order by s.served_at
    limit 1
    for no key update skip locked
),
picked as (
    select w.shop, w.key
    from work w join turn on w.shop = turn.shop
    where w.due_at <= now() and w.lease_until < now()
    order by w.rank, w.deadline nulls last, w.due_at
    limit $3
    for update of w skip locked
),
-- Only with rows in hand: `turn` may have seen rows that the holder before has just finished, and a turn without rows would be nobody's to end.
served as (
    update work_shops s
    set served_at = clock_timestamp(), turn = $1, turn_until = now() + make_interval(secs => $2)
    from (select distinct shop from picked) taken
    where s.shop = taken.shop
)
update work w
set lease = $1, lease_until = now() + make_interval(secs => $2), attempts = w.attempts + 1, taken_hints = w.hints
from picked
where w.shop = picked.shop and w.key = picked.key
returning w.shop, w.key, w.attempts, w.hints, w.payload, w.rank, w.deadline, w.due_at, w.traceparent

-- name: renew_turn
-- Only while it is still ours: a lease that ran out stays lost.
with kept as (
    update work_shops set turn_until = now() + make_interval(secs => $3) where shop = $1 and turn = $2 and turn_until >= now() returning shop
)
update work w set lease_until = now() + make_interval(secs => $3)
from kept
where w.shop = kept.shop and w.lease = $2

-- name: end_turn
-- Rows that were neither finished nor put off come back later, the later the more often they were tried.
with ended as (
    update work_shops set turn = null, turn_until = '-infinity' where shop = $1 and turn = $2
)
update work w
set lease = null, lease_until = '-infinity',
    due_at = greatest(w.due_at, now() + make_interval(secs => least($3::float8 * power(2, least(w.attempts, 12)), $4::float8)))
from (select shop, key from work where shop = $1 and lease = $2 order by key for update) mine  -- sorted, as hints are
where w.shop = mine.shop and w.key = mine.key

-- name: forget_claim
-- A claim whose answer was lost: nobody knows which shop it took, if any, and nobody has begun with it.
with ended as (
    update work_shops set turn = null, turn_until = '-infinity' where turn = $1
)
update work w
set lease = null, lease_until = '-infinity', attempts = w.attempts - 1
from (select shop, key from work where lease = $1 order by shop, key for update) mine  -- sorted, as hints are
where w.shop = mine.shop and w.key = mine.key

-- name: holds
-- Not locked: whoever takes it a moment later finds what the holder has written.
select true from work where shop = $1 and key = $2 and lease = $3 and lease_until > now()

-- name: finish
-- In the transaction that stores what was done. No row: the lease was lost. A hint that came meanwhile makes it run again, now.
with held as (
    select shop, key, hints, taken_hints from work where shop = $1 and key = $2 and lease = $3 for update
),
gone as (
    delete from work w using held where w.shop = held.shop and w.key = held.key and held.hints = held.taken_hints
),
again as (
    update work w set lease = null, lease_until = '-infinity', due_at = least(w.due_at, now()), attempts = 0
    from held
    where w.shop = held.shop and w.key = held.key and held.hints > held.taken_hints
)
select true from held

-- name: put_off
-- $4 when. A hint that came meanwhile wins: now. Attempts are kept.
update work
set lease = null, lease_until = '-infinity', due_at = case when hints > taken_hints then least($4, now()) else $4 end
where shop = $1 and key = $2 and lease = $3
returning true

-- name: release
-- As if it had not been taken.
update work
set lease = null, lease_until = '-infinity', attempts = attempts - 1
where shop = $1 and key = $2 and lease = $3
returning true

-- name: pause_shop
insert into work_shops (shop, not_before) values ($1, coalesce($2::timestamptz, 'infinity'))
on conflict (shop) do update set not_before = excluded.not_before

-- name: resume_endless
update work_shops set not_before = '-infinity' where shop = $1 and not_before = 'infinity'

-- name: resume_shop
update work_shops set not_before = '-infinity' where shop = $1
