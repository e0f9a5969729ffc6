-- What sells: one row for each article that has been sold.
SELECT a.article_id,
       a.name,
       CAST(SUM(l.quantity) AS BIGINT) AS units,
       COUNT(DISTINCT l.purchase_id) AS purchases
FROM purchase_lines AS l
JOIN articles AS a ON a.article_id = l.article_id
GROUP BY a.article_id, a.name
