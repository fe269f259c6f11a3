-- The trace in which a request was first heard of, so that a decision minutes later goes on with it. Written only while traces are on.
create table traces (
    request_id uuid primary key references requests on delete cascade,
    traceparent text not null
);
