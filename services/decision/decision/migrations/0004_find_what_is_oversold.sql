-- Requests whose reversal left less than nothing of a SKU, until there is enough again: a handful, found every second.
create index requests_oversold on requests(order_key) where body -> 'stock' ? 'oversold';
