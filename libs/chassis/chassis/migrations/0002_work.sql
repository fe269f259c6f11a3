-- Shops take turns: the one served longest ago is next, and one holder has a shop at a time, so that a shop's rate limit is local to the turn.
-- not_before 'infinity' = paused until somebody resumes it.
create table work_shops (
    shop text primary key,
    not_before timestamptz not null default '-infinity',
    served_at timestamptz not null default '-infinity',
    turn uuid,
    turn_until timestamptz not null default '-infinity'
);

-- hints counts the reasons to do it, taken_hints how many of them the holder of the lease knew of.
create table work (
    shop text not null references work_shops,
    key text not null,
    due_at timestamptz not null,
    rank smallint not null default 0,
    deadline timestamptz,
    hints bigint not null default 1,
    taken_hints bigint not null default 0,
    attempts int not null default 0,
    lease uuid,
    lease_until timestamptz not null default '-infinity',
    payload jsonb,
    primary key (shop, key)
);
-- Is anything due, and what comes first.
create index work_due on work (shop, due_at);
create index work_order on work (shop, rank, deadline, due_at);
alter table work set (autovacuum_vacuum_scale_factor = 0.05);
