-- What operators see of answers: what is owed, what was tried, what came of it; no comment of the seller's.
create view ops.requests as select request_id, revision from requests;
create view ops.deliveries as
    select request_id, revision, action, shop, order_key, native_id, state, attempt, failures, calls, respond_by, next_attempt_at, cause, code,
           message, call_id, decided_at, created_at, updated_at
    from deliveries;
create view ops.attempts as select request_id, revision, attempt, started_at, ended_at, result, code, message, call_id from attempts;
create view ops.shops as select shop, seller_id, shop_revision, state, why, changed_at from shops;
grant select on ops.requests, ops.deliveries, ops.attempts, ops.shops to public;
