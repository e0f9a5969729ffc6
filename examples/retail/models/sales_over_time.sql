-- When it sells, by the hour (UTC). A currency without a rate keeps its row, with sales_eur NULL.
-- There is room for two billion of the largest purchase lines, at the highest rate.
SELECT date_trunc('hour', p.purchased_at) AS hour,
       l.currency,
       CAST(SUM(l.amount) AS DECIMAL(20, 2)) AS sales,
       COUNT(DISTINCT l.purchase_id) AS purchases,
       CAST(CAST(SUM(l.amount) AS DECIMAL(20, 2)) * r.eur_per_unit AS DECIMAL(38, 2)) AS sales_eur
FROM purchase_lines AS l
JOIN purchases AS p ON p.purchase_id = l.purchase_id
LEFT JOIN rates AS r ON r.currency = l.currency
GROUP BY date_trunc('hour', p.purchased_at), l.currency, r.eur_per_unit
