-- What clearwell does with the retail purchases, by hand in DuckDB's SQL: raw lines, typed values,
-- every reason of every record, quarantine with the payload, dedup against history, the two tables,
-- counts. Lines {first} to {last} of {input}, in one transaction.
BEGIN TRANSACTION;

-- Lines as they are. One pass of the JSON parser gives all the fields.
CREATE OR REPLACE TEMP TABLE parsed AS
SELECT line, payload, CASE WHEN record IS NULL THEN json_valid(payload) ELSE true END AS is_json,
       record.id_ AS id_text, record.timestamp AS timestamp_text, record.user_id AS user_text,
       TRY_CAST(record.id_ AS UUID) AS purchase_id,
       TRY_CAST(record.timestamp AS TIMESTAMP) AS purchased_at,
       TRY_CAST(record.user_id AS UUID) AS user_id,
       record.cart AS cart
FROM (SELECT line, payload, TRY(json_transform(payload, '{
               "id_": "VARCHAR", "timestamp": "VARCHAR", "user_id": "VARCHAR",
               "cart": [{"article_id": "VARCHAR", "quantity": "JSON"}]}')) AS record
      FROM {lines});

-- The cart exploded, with price and currency of each article.
CREATE OR REPLACE TEMP TABLE items AS
SELECT line, line_no, item.article_id AS article_text,
       item.quantity AS quantity_text, typed.article_id, typed.quantity, price, currency,
       articles.article_id IS NOT NULL AS known
FROM (SELECT line, line_no, item, TRY_CAST(item.article_id AS UUID) AS article_id,
             TRY_CAST(CAST(item.quantity AS VARCHAR) AS BIGINT) AS quantity
      FROM (SELECT line, unnest(cart) AS item, generate_subscripts(cart, 1) AS line_no
            FROM parsed)) AS typed
LEFT JOIN articles ON articles.article_id = typed.article_id;

-- What is wrong with each record and its items, in no order (sorting would cost as much as all the
-- rest of it); no row where nothing is.
CREATE OR REPLACE TEMP TABLE reasons AS
WITH faults AS (
  SELECT line, unnest([
    CASE WHEN NOT is_json THEN
      {'code': 'json.syntax', 'path': '', 'value': '', 'message': 'this is no JSON'} END,
    CASE WHEN id_text IS NULL THEN
      {'code': 'field.missing', 'path': 'id_', 'value': '', 'message': 'id_ is missing'}
    WHEN purchase_id IS NULL THEN
      {'code': 'field.format', 'path': 'id_', 'value': id_text,
       'message': 'id_ is ' || id_text || ', but must be a UUID'} END,
    CASE WHEN timestamp_text IS NULL THEN
      {'code': 'field.missing', 'path': 'timestamp', 'value': '', 'message': 'timestamp is missing'}
    WHEN purchased_at IS NULL THEN
      {'code': 'field.format', 'path': 'timestamp', 'value': timestamp_text,
       'message': 'timestamp is ' || timestamp_text || ', but must be a time'} END,
    CASE WHEN user_text IS NULL THEN
      {'code': 'field.missing', 'path': 'user_id', 'value': '', 'message': 'user_id is missing'}
    WHEN user_id IS NULL THEN
      {'code': 'field.format', 'path': 'user_id', 'value': user_text,
       'message': 'user_id is ' || user_text || ', but must be a UUID'}
    WHEN unknown_user THEN
      {'code': 'reference.missing', 'path': 'user_id', 'value': user_text,
       'message': 'user_id is ' || user_text || ', which is not in users.user_id'} END,
    CASE WHEN cart IS NULL THEN
      {'code': 'field.missing', 'path': 'cart', 'value': '', 'message': 'cart is missing'}
    WHEN len(cart) = 0 THEN
      {'code': 'field.min_items', 'path': 'cart', 'value': '0',
       'message': 'cart has 0 items, but must have at least 1'} END]) AS reason
  FROM (SELECT parsed.*, NOT EXISTS (FROM users WHERE users.user_id = parsed.user_id)
                         AS unknown_user FROM parsed)
  WHERE purchase_id IS NULL OR purchased_at IS NULL OR unknown_user OR coalesce(len(cart), 0) = 0
  UNION ALL
  SELECT line, unnest([
    CASE WHEN article_text IS NULL THEN
      {'code': 'field.missing', 'path': path || '.article_id', 'value': '',
       'message': path || '.article_id is missing'}
    WHEN article_id IS NULL THEN
      {'code': 'field.format', 'path': path || '.article_id', 'value': article_text,
       'message': path || '.article_id is ' || article_text || ', but must be a UUID'}
    WHEN NOT known THEN
      {'code': 'reference.missing', 'path': path || '.article_id', 'value': article_text,
       'message': path || '.article_id is ' || article_text ||
                  ', which is not in articles.article_id'} END,
    CASE WHEN quantity_text IS NULL THEN
      {'code': 'field.missing', 'path': path || '.quantity', 'value': '',
       'message': path || '.quantity is missing'}
    WHEN quantity IS NULL THEN
      {'code': 'field.type', 'path': path || '.quantity', 'value': quantity_text::VARCHAR,
       'message': path || '.quantity is ' || quantity_text::VARCHAR || ', but must be an integer'}
    WHEN quantity < 1 THEN
      {'code': 'field.min', 'path': path || '.quantity', 'value': quantity_text::VARCHAR,
       'message': path || '.quantity is ' || quantity_text::VARCHAR || ', but must be at least 1'}
    WHEN quantity > 1000000 THEN
      {'code': 'field.max', 'path': path || '.quantity', 'value': quantity_text::VARCHAR,
       'message': path || '.quantity is ' || quantity_text::VARCHAR ||
                  ', but must be at most 1000000'} END]) AS reason
  FROM (SELECT *, 'cart[' || (line_no - 1) || ']' AS path FROM items
        WHERE (NOT known OR quantity IS NULL OR quantity NOT BETWEEN 1 AND 1000000)
          AND (article_text IS NOT NULL OR quantity_text IS NOT NULL))
  UNION ALL
  -- What has neither field is no object, or one that misses both.
  SELECT line, unnest(CASE WHEN json_type(word) = 'OBJECT' THEN [
      {'code': 'field.missing', 'path': path || '.article_id', 'value': '',
       'message': path || '.article_id is missing'},
      {'code': 'field.missing', 'path': path || '.quantity', 'value': '',
       'message': path || '.quantity is missing'}]
    ELSE [
      {'code': 'field.type', 'path': path, 'value': CAST(word AS VARCHAR),
       'message': path || ' is ' || CAST(word AS VARCHAR) || ', but must be an object'}] END)
  FROM (SELECT line, words[line_no] AS word, 'cart[' || (line_no - 1) || ']' AS path
        FROM (FROM items WHERE article_text IS NULL AND quantity_text IS NULL)
        JOIN (SELECT line, json_extract(payload, '$.cart[*]') AS words FROM parsed
              WHERE line IN (SELECT line FROM items
                             WHERE article_text IS NULL AND quantity_text IS NULL))
        USING (line)))
SELECT line, list(reason) AS reasons
FROM faults WHERE reason IS NOT NULL GROUP BY line;

-- The first purchase of each key wins, over the history and within the lines. The same key with
-- other content contradicts it; with the same it is a duplicate.
CREATE OR REPLACE TEMP TABLE valid AS
SELECT line, purchase_id, CAST(purchased_at AS TIMESTAMPTZ) AS purchased_at, user_id
FROM parsed WHERE line NOT IN (SELECT line FROM reasons);

CREATE OR REPLACE TEMP TABLE firsts AS
SELECT min(line) AS line FROM valid
WHERE purchase_id NOT IN (SELECT purchase_id FROM purchases)
GROUP BY purchase_id;

INSERT INTO purchases
SELECT purchase_id, purchased_at, user_id FROM valid WHERE line IN (SELECT line FROM firsts);

CREATE OR REPLACE TEMP TABLE repeats AS
SELECT again.line,
       (again.purchased_at, again.user_id) IS DISTINCT FROM (known.purchased_at, known.user_id)
       AS conflict
FROM (FROM valid WHERE line NOT IN (SELECT line FROM firsts)) AS again
JOIN purchases AS known USING (purchase_id);

INSERT INTO reasons
SELECT line, [{'code': 'key.conflict', 'path': '', 'value': '', 'message':
               'a record with the same key is in purchases already, with other content'}]
FROM repeats WHERE conflict;

INSERT INTO purchase_lines
SELECT purchase_id, line_no, article_id, quantity, price, currency,
       CAST(price * quantity AS DECIMAL(12,2))
FROM items JOIN valid USING (line) WHERE line IN (SELECT line FROM firsts);

INSERT INTO rival_quarantine
SELECT line, purchase_id, to_json(reasons), encode(payload)
FROM reasons JOIN parsed USING (line);

INSERT INTO rival_counts
SELECT (SELECT count(*) FROM parsed), (SELECT count(*) FROM firsts),
       (SELECT count(*) FROM repeats WHERE NOT conflict), (SELECT count(*) FROM reasons),
       (SELECT count(*) FROM valid WHERE purchased_at > now() + INTERVAL 1 HOUR);
COMMIT;
