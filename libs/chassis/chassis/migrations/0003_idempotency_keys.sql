-- The first answer to a write that carried an Idempotency-Key, kept for a day.
create table idempotency_keys (
    seller_id text not null,
    route text not null,
    key text not null,
    body_hash bytea not null,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamptz not null default now(),
    primary key (seller_id, route, key)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);
