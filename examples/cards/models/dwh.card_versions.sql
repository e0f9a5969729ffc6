-- Every version of every card, and from when to when it was valid. The last one of a card, which is
-- the card in dwh.cards, has no end. A version that was replaced within its second was valid for no
-- time: valid_from = valid_to.
SELECT card_id,
       ROW_NUMBER() OVER (PARTITION BY card_id ORDER BY event_at, event_order) AS version,
       event_at AS valid_from,
       LEAD(event_at) OVER (PARTITION BY card_id ORDER BY event_at, event_order) AS valid_to,
       user_id, created_by_name, created_at, updated_at, active, event_id
FROM dwh.card_history
