-- name: work_due_items
-- What could be done now: shops that are paused wait for a person, not for us.
select count(*) from work join work_shops using (shop) where due_at <= now() and not_before <= now()

-- name: work_oldest_due_seconds
-- How long the one that waits longest could have been done.
select coalesce(extract(epoch from now() - min(greatest(due_at, not_before)))::float8, 0)
from work join work_shops using (shop) where due_at <= now() and not_before <= now()

-- name: work_paused_shops
-- Waiting for a person (a shop that must be connected again).
select count(*) from work_shops where not_before = 'infinity'

-- name: watchdog_exits
-- Written by the process that ended itself: a counter of its own would have died with it.
select count(*) from watchdog_exits

-- name: record_watchdog_exit
-- Why, for whoever looks at it later.
insert into watchdog_exits (why) values ($1)
