-- The W3C context of whoever asked for it last: the trace goes on where the work is done.
alter table work add column traceparent text;
