-- Cards by the day (UTC) on which they were created, and how many of those are active now.
SELECT CAST(created_at AS DATE) AS day,
       COUNT(*) AS cards,
       COUNT(CASE WHEN active THEN 1 END) AS active_cards
FROM dwh.cards
GROUP BY CAST(created_at AS DATE)
