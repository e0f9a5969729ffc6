-- How many cards each user holds, and how many of them are active. Users without cards are there, too.
SELECT u.id AS user_id,
       u.name,
       COUNT(c.id) AS cards,
       COUNT(CASE WHEN c.active THEN 1 END) AS active_cards
FROM dwh.users AS u
LEFT JOIN dwh.cards AS c ON c.user_id = u.id
GROUP BY u.id, u.name
