-- When it sells, by the hour (UTC). A currency without a rate keeps its row, with sales_eur NULL.
SELECT date_trunc('hour', p.purchased_at) AS hour,
       l.currency,
       CAST(SUM(l.amount) AS DECIMAL(18, 2)) AS sales,
       COUNT(DISTINCT l.purchase_id) AS purchases,
       CAST(SUM(l.amount * r.eur_per_unit) AS DECIMAL(18, 2)) AS sales_eur
FROM purchase_lines AS l
JOIN purchases AS p ON p.purchase_id = l.purchase_id
LEFT JOIN rates AS r ON r.currency = l.currency
GROUP BY date_trunc('hour', p.purchased_at), l.currency
