-- What operators see of stock, and the one thing that they may do to it: count a level from the ledger again.
create view ops.orders as select order_key, seller_id, stock, ordered, back from orders;
create view ops.levels as select seller_id, sku, location, available, damaged, level_version, updated_at from levels;
create view ops.movements as
    select id, movement_id, seller_id, sku, location, level_version, quantity, condition, available_after, moved_at, reason, reference,
           request_id, revision, channel || ':' || shop_id || ':' || order_ref as order_key, line_id
    from movements;

-- One statement, one snapshot: whoever books meanwhile is seen in the ledger and in the level, or in neither.
create view ops.level_differences as
    with ledger as (
        select seller_id, sku, location,
               coalesce(sum(quantity) filter (where condition = 'sellable'), 0)::int as available,
               coalesce(sum(quantity) filter (where condition = 'damaged'), 0)::int as damaged,
               max(level_version) as level_version
        from movements
        group by seller_id, sku, location
    )
    select seller_id, sku, location, l.available, l.damaged, l.level_version,
           coalesce(g.available, 0) as ledger_available, coalesce(g.damaged, 0) as ledger_damaged, coalesce(g.level_version, 0) as ledger_version
    from levels l full join ledger g using (seller_id, sku, location)
    where (l.available, l.damaged, l.level_version)
          is distinct from (coalesce(g.available, 0), coalesce(g.damaged, 0), coalesce(g.level_version, 0));
grant select on ops.orders, ops.levels, ops.movements, ops.level_differences to public;

-- Each level that differs is locked, as whoever books locks it, and counted again under that lock; the others are not touched.
create function ops.rebuild_levels() returns setof ops.level_differences
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    differs ops.level_differences;
begin
    for differs in select * from ops.level_differences d order by d.seller_id, d.sku, d.location loop
        insert into levels (seller_id, sku, location, updated_at) values (differs.seller_id, differs.sku, differs.location, clock_timestamp())
        on conflict do nothing;
        select l.available, l.damaged, l.level_version into strict differs.available, differs.damaged, differs.level_version
        from levels l where (l.seller_id, l.sku, l.location) = (differs.seller_id, differs.sku, differs.location) for update;
        -- A statement of its own, after the lock: it sees all that was booked by whoever held it.
        select coalesce(sum(m.quantity) filter (where m.condition = 'sellable'), 0), coalesce(sum(m.quantity) filter (where m.condition = 'damaged'), 0),
               coalesce(max(m.level_version), 0)
        into strict differs.ledger_available, differs.ledger_damaged, differs.ledger_version
        from movements m where (m.seller_id, m.sku, m.location) = (differs.seller_id, differs.sku, differs.location);
        if (differs.available, differs.damaged, differs.level_version)
           is distinct from (differs.ledger_available, differs.ledger_damaged, differs.ledger_version) then
            update levels l
            set available = differs.ledger_available, damaged = differs.ledger_damaged, level_version = differs.ledger_version,
                updated_at = clock_timestamp()
            where (l.seller_id, l.sku, l.location) = (differs.seller_id, differs.sku, differs.location);
            return next differs;
        end if;
    end loop;
end $$;
