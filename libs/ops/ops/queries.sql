-- name: act
insert into actions (who, why, what, details) values ($1, $2, $3, $4) returning id

-- name: list_actions
-- The newest first.
select id, at, who, why, what, details from actions order by id desc limit $1

-- name: actions_on_letters
-- What was done to letters of a topic, each with its edits.
select l.topic, l.partition, l.position, l.done, a.id, a.at, a.who, a.why, a.what from letters l join actions a on a.id = l.action where l.topic = any($1::text[])

-- name: deal_with_letters
insert into letters (topic, partition, position, done, action)
select topic, partition, position, $4, $5 from unnest($1::text[], $2::int[], $3::bigint[]) as new(topic, partition, position)
on conflict (topic, partition, position) do update set done = excluded.done, action = excluded.action

-- name: edit_letter
insert into edits (topic, partition, position, before, after, key_after, action) values ($1, $2, $3, $4, $5, $6, $7)

-- name: newest_edits
select distinct on (topic, partition, position) topic, partition, position, before, after, key_after, action
from edits where topic = any($1::text[]) order by topic, partition, position, id desc

-- name: edits_of_letter
select e.before, e.after, a.at, a.who, a.why from edits e join actions a on a.id = e.action
where (e.topic, e.partition, e.position) = ($1, $2, $3) order by e.id

-- name: create_replay
insert into replays (id, topic, consumer, selection, asked, reprocess, call_again, rate, who, why, planned)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: create_ranges
insert into replay_ranges (replay, partition, first, last, next)
select $1, partition, first, last, first from unnest($2::int[], $3::bigint[], $4::bigint[]) as new(partition, first, last)

-- name: find_replay
select * from replays where id = $1

-- name: list_replays
select * from replays order by created_at desc limit $1

-- name: find_ranges
select * from replay_ranges where replay = any($1::text[]) order by replay, partition

-- name: save_progress
-- Only the runner that holds the replay's lock writes here.
update replay_ranges r
set next = n.next, read = r.read + n.read, sent = r.sent + n.sent, unreadable = r.unreadable + n.unreadable
from unnest($2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) as n(partition, next, read, sent, unreadable)
where r.replay = $1 and r.partition = n.partition

-- name: replay_state
select state from replays where id = $1

-- name: turn_replay
-- From one of these states only: whoever comes second finds that it is not so any more.
update replays set state = $2, ended_at = case when $2 in ('stopped', 'done') then clock_timestamp() end, result = coalesce($4, result)
where id = $1 and state = any($3::text[]) returning state

-- name: hold_replay
-- A session lock: it ends with its process, however that ends.
select pg_try_advisory_lock(hashtextextended('replay ' || $1, 0))

-- name: held_replays
select id from unnest($1::text[]) as id
where exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
        and l.objsubid = 1
        and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('replay ' || id, 0)
)
