-- Shops whose reading is held back because of the marketplace's failures: one row while it is so.
create table circuits (
    shop text primary key,
    failure text not null,   -- the class of the newest one
    message text not null,
    failures int not null,   -- in a row
    since timestamptz not null,
    until timestamptz not null  -- then one turn tries again
);
