-- A process that ends itself because its consumer is stuck takes its metrics with it: this remembers.
create table watchdog_exits (
    at timestamptz not null default clock_timestamp(),
    why text not null
);
