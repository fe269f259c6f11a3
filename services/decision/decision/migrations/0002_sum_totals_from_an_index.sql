-- Totals of a tab come from this index alone: without it 60,000 wide rows are read for one sum.
create index requests_summed on requests(seller_id, tab) include (currency, order_total, units);
