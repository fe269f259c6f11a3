-- An order is the unit of locking: whoever changes one of its requests holds its row.
create table orders(
  order_key          text primary key,
  seller_id          text not null,
  channel            text not null,
  shop_id            text not null,
  order_ref          text not null,
  order_revision     int not null default 0,
  status             text not null default 'unknown',
  shippable          boolean not null default false,
  hold               text default 'unknown',
  recall             boolean not null default false,
  marketplace_status text,
  changed_at         timestamptz,
  request_id         uuid,
  check (not shippable or (hold is null and status in ('new', 'ready_to_ship')))
);

-- The body is the request as the rules know it; the columns beside it are what is filtered, sorted and counted by.
create table requests(
  request_id        uuid primary key,
  order_key         text not null references orders,
  seller_id         text not null,
  channel           text not null,
  shop_id           text not null,
  region            text not null,
  order_ref         text not null,
  state             text not null check (state in ('pending', 'approved', 'rejected', 'cancelled_elsewhere', 'lapsed')),
  sync              text not null,
  tab               text not null generated always as (
                      case state when 'pending' then 'to_decide' when 'rejected' then 'rejected' when 'lapsed' then 'ended' else 'cancelled' end) stored,
  revision          int not null check (revision > 0),
  version           int not null check (version > 0),
  requested_at      timestamptz not null,
  respond_by        timestamptz,
  respond_key       timestamptz not null generated always as (coalesce(respond_by, 'infinity')) stored,
  updated_at        timestamptz not null,
  order_total       numeric,
  total_key         numeric not null generated always as (coalesce(order_total, -1)) stored,
  currency          text,
  reason            text,
  parcel_state      text not null,
  units             int not null,
  open_alerts       text[] not null,
  attention_since   timestamptz,
  clock_at          timestamptz,
  shop_disconnected boolean not null,
  waits             boolean not null generated always as (state = 'pending' or sync in ('queued', 'retrying', 'blocked')) stored,
  search            tsvector not null,
  body              jsonb not null
);

create index requests_of_order on requests(order_key);
-- One per sort, each within a tab: a page is a range of an index, however many rows there are.
create index requests_by_deadline on requests(seller_id, tab, respond_key, request_id);
create index requests_by_request on requests(seller_id, tab, requested_at desc, request_id desc);
create index requests_by_change on requests(seller_id, tab, updated_at desc, request_id desc);
create index requests_by_total on requests(seller_id, tab, total_key desc, request_id desc);
create index requests_by_alert on requests(seller_id, attention_since, request_id) where attention_since is not null;
-- Counts of tabs, channels and shops come from this index alone.
create index requests_counted on requests(seller_id, tab, channel, shop_id);
create index requests_by_ref on requests(seller_id, upper(order_ref) text_pattern_ops);
create index requests_searched on requests using gin(search);
create index requests_on_the_clock on requests(clock_at) where clock_at is not null;
create index requests_waiting on requests(channel, shop_id) where waits;

create table timeline(
  id         bigint generated always as identity primary key,
  request_id uuid not null,
  at         timestamptz not null,
  kind       text not null,
  actor      jsonb,
  params     jsonb not null,
  event_id   text
);
create index timeline_of_request on timeline(request_id, id);

create table shops(
  channel          text not null,
  shop_id          text not null,
  seller_id        text not null,
  name             text not null,
  region           text not null,
  state            text not null,
  shop_revision    int not null,
  why              text,
  authorised_until timestamptz,
  last_read_at     timestamptz,
  changed_at       timestamptz not null,
  heard_at         timestamptz not null,
  turned_at        timestamptz not null,
  primary key (channel, shop_id)
);
create index shops_of_seller on shops(seller_id);

create table stock_levels(
  seller_id     text not null,
  sku           text not null,
  location      text not null,
  available     int not null,
  level_version int not null,
  primary key (seller_id, sku, location)
);

create table stock_movements(
  movement_id uuid primary key,
  request_id  uuid not null,
  line_id     text not null,
  sku         text not null,
  quantity    int not null,
  condition   text not null,
  location    text not null,
  moved_at    timestamptz not null
);
create index stock_movements_of_request on stock_movements(request_id, moved_at);

-- The reasons that the marketplace offered for a rejection when it was last asked.
create table reject_reasons(
  request_id uuid not null,
  locale     text not null,
  required   boolean not null,
  items      jsonb not null,
  fetched_at timestamptz not null,
  primary key (request_id, locale)
);
