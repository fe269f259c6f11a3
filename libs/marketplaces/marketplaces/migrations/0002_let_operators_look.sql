-- What operators see of shops: how long their authorisations live; never a token.
create view ops.shops as
    select s.channel, s.shop_id, s.seller_id, s.name, s.region, s.state, s.why, s.authorised_until, s.last_read_at, s.shop_revision, s.changed_at,
           a.obtained_at, a.access_until, a.refresh_until, a.unsettled
    from shops s join authorisations a on a.id = s.authorisation;
grant select on ops.shops to public;
