-- Every order that was placed, and what has become of it: the newest of its statuses, at equal times
-- the later stage; CREATED before any.
-- materialized: view
SELECT p.order_id, p.customer_id, p.product, coalesce(s.status, 'CREATED') AS status, p.created_ts,
       coalesce(s.updated_ts, p.created_ts) AS updated_ts
FROM orders_placed p LEFT JOIN order_status s ON s.order_id = p.order_id
