-- Links with which sellers connect their shops. The state itself is known to the seller's browser alone.
create table connect_links (
    state_hash bytea primary key,
    channel text not null,
    seller_id text not null,
    shop_id text,  -- the shop that is to be connected again; null: any
    expires_at timestamptz not null,
    used_at timestamptz
);
create index connect_links_expires_at on connect_links (expires_at);
