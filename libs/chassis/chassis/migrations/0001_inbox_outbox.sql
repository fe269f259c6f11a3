-- Events that were handled (or died) here. id = first 16 bytes of sha256(source || ' ' || id), so that SQL can find an event's row too.
create table inbox (
    id uuid primary key,
    dead boolean not null default false,
    seen_at timestamptz not null default now()
);
-- Rows arrive in the order of time: a block range index is enough for the clean-up and costs an insert nothing.
create index inbox_seen_at on inbox using brin (seen_at) with (autosummarize = on);

-- Events on their way out. cache 1: ids are handed out in the order of inserts, whichever session asks.
create table outbox (
    id bigint generated always as identity (cache 1) primary key,
    event_id text not null,
    topic text not null,
    key bytea,
    value bytea,
    headers bytea not null,
    created_at timestamptz not null default now(),
    -- Below the broker's 1 MiB, with room for key and headers: a record that is refused there would hold up the rest.
    constraint outbox_size check (
        coalesce(octet_length(value), 0) <= 921600 and coalesce(octet_length(key), 0) <= 4096 and octet_length(headers) <= 65536
    ),
    constraint outbox_not_empty check (key is not null or value is not null)
);
-- The table is a queue: it is always nearly empty and always being deleted from.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- What the broker refuses again and again, moved aside with its reason so that the rest goes on; an operator decides.
create table outbox_refused (
    id bigint primary key,
    event_id text not null,
    topic text not null,
    key bytea,
    value bytea,
    headers bytea not null,
    created_at timestamptz not null,
    reason text not null,
    refused_at timestamptz not null default now()
);
