-- name: count_open_requests
-- What still waits, for the gauges; what is done and told is history, and may be millions.
select channel, state, sync, count(*) from requests where waits group by 1, 2, 3

-- name: count_open_alerts
-- For the gauges.
select kind, count(*) from requests, unnest(open_alerts) as kind where attention_since is not null group by 1

-- name: most_urgent_deadlines
-- For the gauges: null, shown as no number, when no pending request of the channel has a deadline.
select channel, extract(epoch from min(respond_by) - now())::float8 from requests where waits and state = 'pending' group by 1

-- name: count_due_soon
-- For the gauges.
select channel, count(*) from requests where waits and state = 'pending' and respond_by < now() + interval '1 hour' group by 1

-- name: count_shops
-- For the gauges.
select channel, state, count(*) from shops group by 1, 2

-- name: count_silent_shops
-- For the gauges; the same quarter of an hour as the gate's `fresh`.
select channel, count(*) filter (where state <> 'disconnected' and (last_read_at is null or last_read_at < now() - interval '15 minutes'))
from shops group by 1
