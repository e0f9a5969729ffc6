-- Where it sells. A currency without a rate keeps its row, with sales_eur NULL.
-- There is room for two billion of the largest purchase lines, at the highest rate.
SELECT u.state,
       l.currency,
       CAST(SUM(l.amount) AS DECIMAL(20, 2)) AS sales,
       COUNT(DISTINCT l.purchase_id) AS purchases,
       CAST(CAST(SUM(l.amount) AS DECIMAL(20, 2)) * r.eur_per_unit AS DECIMAL(38, 2)) AS sales_eur
FROM purchase_lines AS l
JOIN purchases AS p ON p.purchase_id = l.purchase_id
JOIN users AS u ON u.user_id = p.user_id
LEFT JOIN rates AS r ON r.currency = l.currency
GROUP BY u.state, l.currency, r.eur_per_unit
