-- What operators see of this database: views in a schema of their own, which the database's owner keeps. Whoever may connect may look;
-- nobody but the owner and the guests that the stack names may connect. They show no token and no buyer.
create schema ops;
grant usage on schema ops to public;

create view ops.inbox as select id, dead, seen_at from inbox;
create view ops.outbox as select id, event_id, topic, created_at from outbox;
create view ops.outbox_refused as select id, event_id, topic, created_at, reason, refused_at from outbox_refused;
create view ops.work as
    select w.shop, w.key, w.due_at, w.rank, w.deadline, w.hints, w.attempts, w.lease_until, s.not_before from work w join work_shops s using (shop);
grant select on ops.inbox, ops.outbox, ops.outbox_refused, ops.work to public;
