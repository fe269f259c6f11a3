-- What operators see of looks: when an order was looked at, what was published of it; nothing of the order itself.
create view ops.orders as select shop, order_ref, marketplace_status, update_time, live, looked_at from orders;
create view ops.requests as
    select shop, order_ref, native_id, read_started_at, read_ended_at, update_time, marketplace_status, is_open, published_as,
           (published->>'observation')::int as observation
    from requests;
create view ops.gaps as select shop, found_by, count, worst_delay_s, since from gaps;
grant select on ops.orders, ops.requests, ops.gaps to public;
