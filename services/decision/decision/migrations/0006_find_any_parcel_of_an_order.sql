-- A scanner may read the label of any of an order's packages.
create index requests_by_other_tracking_no on requests using gin ((body->'facts'->'parcel'->'other_tracking_nos'))
    where body->'facts'->'parcel' ? 'other_tracking_nos';
