-- One row for each customer: the product of which most units were sold to them (of equals the first
-- by its bytes, as in the alphabet), and the longest run of consecutive days on which they bought.
WITH totals AS (
  SELECT customer_id, product, SUM(units) AS units FROM sales GROUP BY customer_id, product
),
best AS (
  SELECT customer_id, MAX(units) AS units FROM totals GROUP BY customer_id
),
favourites AS (
  SELECT t.customer_id, MIN(t.product COLLATE "C") AS product
  FROM totals AS t
  JOIN best AS b ON b.customer_id = t.customer_id AND b.units = t.units
  GROUP BY t.customer_id
),
days AS (
  SELECT DISTINCT customer_id, day FROM sales
),
-- Days in a row have one origin: the day minus its number.
numbered AS (
  SELECT customer_id,
         day - CAST(ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS INTEGER) AS origin
  FROM days
),
streaks AS (
  SELECT customer_id, origin, COUNT(*) AS days FROM numbered GROUP BY customer_id, origin
),
longest AS (
  SELECT customer_id, MAX(days) AS days FROM streaks GROUP BY customer_id
)
SELECT f.customer_id, f.product AS favourite_product, l.days AS longest_streak
FROM favourites AS f
JOIN longest AS l ON l.customer_id = f.customer_id
