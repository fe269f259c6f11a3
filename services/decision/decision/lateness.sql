-- name: save_lateness
-- $2 for how many seconds its word counts; 0: it is not late any more.
insert into behind(process, until) values ($1, now() + make_interval(secs => $2)) on conflict (process) do update set until = excluded.until
