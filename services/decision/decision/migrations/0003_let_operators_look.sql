-- What operators see of requests: what stands, since when, and what happened; no buyer, no name of the staff, no note.
create view ops.requests as
    select request_id, order_key, seller_id, channel, shop_id, order_ref, state, sync, revision, requested_at, respond_by, updated_at,
           body->'facts'->>'native_id' as native_id,
           (body->'facts'->>'observation')::int as observation,
           coalesce((body->>'word')::int, 0) as word,
           coalesce((body->'sync'->>'attempt')::int, 0) as sync_attempt
    from requests;
create view ops.orders as
    select order_key, order_revision, status, shippable, hold, recall, marketplace_status, changed_at from orders;
create view ops.timeline as
    select id, request_id, at, kind, actor->>'kind' as actor, params - 'note' - 'comment' as params, event_id from timeline;
create view ops.shops as
    select channel, shop_id, seller_id, state, shop_revision, last_read_at, heard_at, turned_at from shops;
grant select on ops.requests, ops.orders, ops.timeline, ops.shops to public;
