-- A scanner at a packing bench reads what is on the parcel: its tracking number.
create index requests_by_tracking_no on requests (upper(body->'facts'->'parcel'->>'tracking_no'))
    where body->'facts'->'parcel'->>'tracking_no' is not null;
