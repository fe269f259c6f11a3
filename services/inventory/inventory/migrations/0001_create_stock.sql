-- Stock: what there is of each SKU (levels), how it came to be so (movements), and what each order's newest decisions give back (orders).

create table levels (
    seller_id     text collate "C" not null,
    sku           text collate "C" not null check (sku <> ''),
    location      text collate "C" not null default 'main',
    available     int not null default 0,                            -- may be negative: a reversal after the stock was sold again
    damaged       int not null default 0 check (damaged >= 0),
    level_version int not null default 0 check (level_version >= 0), -- the movements so far
    updated_at    timestamptz not null,
    primary key (seller_id, sku, location)
) with (fillfactor = 70);

create table orders (
    order_key text collate "C" primary key,
    seller_id text collate "C" not null,
    stock     jsonb not null default '{}',                           -- inventory.domain.orders.OrderStock
    ordered   int not null default 0,
    back      int not null default 0,
    -- The last line of defence: whatever the rules say, an order never gives back more than was ordered.
    constraint never_more_back_than_ordered check (back between 0 and ordered)
) with (fillfactor = 70);

create table movements (
    id              bigint generated always as identity,
    movement_id     uuid not null,
    seller_id       text collate "C" not null,
    sku             text collate "C" not null,
    location        text collate "C" not null default 'main',
    level_version   int not null check (level_version >= 1),
    quantity        int not null,
    condition       text not null check (condition in ('sellable', 'damaged')),
    available_after int not null,
    moved_at        timestamptz not null,
    reason          text,                                            -- of an adjustment; null: a decision gave back or took back
    reference       text,
    set_to          int,
    request_id      uuid,
    revision        int,
    channel         text,
    shop_id         text,
    order_ref       text collate "C",
    region          text,
    line_id         text,
    primary key (seller_id, sku, location, level_version),               -- no foreign key: levels stay for ever (a trigger sees to it), so a check per row would find nothing
    -- A count that finds what was known is a movement of 0; a decision that moves nothing is none.
    check (case when reason is null then quantity <> 0 and request_id is not null else reference is not null end)
);

-- Once for ever, beyond any idempotency key. Matching a line whose parts differ in condition is one posting.
create unique index posted_once on movements (seller_id, reason, reference, sku, condition) where reason is not null;
create index movements_of_seller on movements (seller_id, id);
create index movements_of_order on movements (order_ref) where order_ref is not null;
create index movements_of_request on movements (request_id) where request_id is not null;

create table unmatched_lines (
    reference  text collate "C" primary key,                         -- request_id:revision:line_id, as StockUnmatched counts them
    seller_id  text collate "C" not null,
    order_key  text collate "C" not null references orders,
    request_id uuid not null,
    revision   int not null,
    channel    text not null,
    shop_id    text not null,
    order_ref  text not null,
    region     text not null,
    line_id    text not null,
    sku        text collate "C",
    item_id    text not null,
    variant_id text,
    quantity   int not null check (quantity > 0),
    why        text not null check (why in ('no_sku', 'unknown_sku')),
    at         timestamptz not null
);

create index unmatched_lines_of_seller on unmatched_lines (seller_id, at, reference);
create index unmatched_lines_of_order on unmatched_lines (order_key);

-- The ledger is history: a mistake is corrected by another movement. A level stays for ever, so that whoever has seen one may rely on it without a lock.
create function refuse_to_forget() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end $$;

create trigger append_only before update or delete on movements for each row execute function refuse_to_forget();
create trigger no_truncate before truncate on movements execute function refuse_to_forget();
create trigger kept_for_ever before delete on levels for each row execute function refuse_to_forget();
create trigger no_truncate before truncate on levels execute function refuse_to_forget();
