-- Processes that have not heard for a while what marketplaces show: meanwhile nobody can be sure of an order that was never heard of.
create table behind (
    process uuid primary key,
    until timestamptz not null  -- a process that ended says so no more
);
