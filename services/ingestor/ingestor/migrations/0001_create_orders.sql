-- What was last done to a shop's work because of its account: an account that comes back gets its turns back once.
create table shops (
    shop text primary key,
    up boolean not null,
    swept_until timestamptz
);

-- The newest view of an order. A row is made before its first look, so that there is something to lock.
create table orders (
    shop text not null,
    order_ref text not null,
    seen jsonb,
    former_status text,
    marketplace_status text,
    update_time timestamptz,
    live boolean not null default false,  -- a request is open, or the order's status is still told after one has ended
    looked_at timestamptz not null default now(),
    primary key (shop, order_ref)
);
create index orders_looked_at on orders (looked_at) where not live;

-- Its requests, and what was last said of each.
create table requests (
    shop text not null,
    order_ref text not null,
    native_id text not null,
    position int not null,
    seen jsonb not null,
    read_started_at timestamptz not null,
    read_ended_at timestamptz not null,
    update_time timestamptz not null,
    marketplace_status text not null,
    is_open boolean not null,
    published_as text,
    published jsonb,
    primary key (shop, order_ref, native_id),
    foreign key (shop, order_ref) references orders on delete cascade,
    constraint published_has_a_name check ((published is null) = (published_as is null))
);
create index requests_open on requests (shop) where is_open;

-- Pushes of shops that nobody connected here, the newest ones.
create table unknown_pushes (
    id bigint generated always as identity primary key,
    channel text not null,
    shop_id text not null,
    what text not null,
    received_at timestamptz not null default now()
);

-- What a push should have told and did not.
create table gaps (
    shop text not null,
    found_by text not null,
    count bigint not null,
    worst_delay_s double precision not null,
    since timestamptz not null default now(),
    primary key (shop, found_by)
);
