-- A pair of tokens, sealed. TikTok: one authorisation of a seller may open several shops; Shopee: each shop has its own.
create table authorisations (
    id text primary key,
    channel text not null,
    shop_id text not null,  -- the shop that Shopee's refresh is asked with
    key_id text not null,
    access_token bytea not null,
    refresh_token bytea not null,
    obtained_at timestamptz not null,
    access_until timestamptz not null,
    refresh_until timestamptz,
    generation bigint not null default 1,  -- grows with every pair: nobody acts on a pair that has been replaced
    lease uuid,                            -- somebody is asking for the next pair
    lease_until timestamptz,
    unsettled boolean not null default false,  -- a refresh was cut off: its refresh token may be used up
    constraint lease_has_an_end check ((lease is null) = (lease_until is null))
);

create table shops (
    channel text not null,
    shop_id text not null,
    seller_id text not null,
    name text not null,
    region text not null check (length(region) = 2),
    authorisation text not null references authorisations,
    cipher text,
    state text not null check (state in ('connected', 'expiring', 'disconnected')),
    why text,
    authorised_until timestamptz,
    stock_from timestamptz not null,  -- first connected: what was cancelled before gives no stock back
    last_read_at timestamptz,
    shop_revision int not null default 1,
    changed_at timestamptz not null,
    announced_at timestamptz not null,
    primary key (channel, shop_id)
);
create index shops_seller on shops (seller_id);
create index shops_authorisation on shops (authorisation);
