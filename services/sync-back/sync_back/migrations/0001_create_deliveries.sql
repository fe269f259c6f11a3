-- The newest word about each request: its row is the lock for everything about the request.
create table requests (
    request_id uuid primary key,
    revision   int not null check (revision >= 0)
);

-- What sync-back heard of shops on shop-status.
create table shops (
    shop          text primary key,
    seller_id     text not null,
    shop_revision int  not null,
    state         text not null check (state in ('connected', 'expiring', 'disconnected')),
    why           text,
    changed_at    timestamptz not null
);

-- One answer owed to a marketplace.
create table deliveries (
    request_id      uuid        not null references requests,
    revision        int         not null,
    action          text        not null check (action in ('approve', 'reject')),
    shop            text        not null,
    order_key       text        not null,
    "order"         jsonb       not null,
    native_id       text        not null,
    reason          text,
    comment         text,
    respond_by      timestamptz,
    idempotency_key text        not null,
    state           text        not null default 'queued'
                    check (state in ('queued', 'retrying', 'blocked', 'synced', 'refused', 'failed', 'superseded')),
    attempt         int         not null default 0,  -- grows with every try and every report, so that each outcome is an event of its own
    failures        int         not null default 0,  -- tries in a row that failed: what back-off and giving up count
    calls           int         not null default 0,  -- answers that may have reached the marketplace: from the first on, read before calling
    retries         int         not null default 0,  -- the newest retry by hand
    next_attempt_at timestamptz,
    cause           text,
    code            text,
    message         text,
    call_id         text,
    decided_at      timestamptz not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (request_id, revision)
);

-- Two live deliveries of a request could tell a marketplace both answers.
create unique index deliveries_live on deliveries (request_id) where state in ('queued', 'retrying', 'blocked');
create index deliveries_of_shop on deliveries (shop) where state in ('queued', 'retrying', 'blocked');
create index deliveries_by_state on deliveries (state, created_at desc, request_id, revision);
create index deliveries_by_age on deliveries (created_at desc, request_id, revision);

-- Every try, written before the call: a crash in between leaves a row without an end.
create table attempts (
    request_id uuid        not null,
    revision   int         not null,
    attempt    int         not null,
    started_at timestamptz not null,
    ended_at   timestamptz,
    result     text,
    code       text,
    message    text,
    call_id    text,
    primary key (request_id, revision, attempt),
    foreign key (request_id, revision) references deliveries
);
