-- How clean the input is: a row for each pipeline and reason code, with the records that were
-- refused for it and still are, how many broken things (cards, users) these are, and their share of
-- all records read. Reason '(any)' counts each refused record once, whatever its reasons, and is
-- there for every pipeline.
WITH refused AS (
  SELECT pipeline, unnest(codes) AS reason, entry, state
  FROM clearwell.quarantine
  WHERE state IN ('open', 'resolved')
  UNION ALL
  SELECT pipeline, '(any)' AS reason, entry, state
  FROM clearwell.quarantine
  WHERE state IN ('open', 'resolved')
), per_reason AS (
  SELECT pipeline, reason, COUNT(*) AS records, COUNT(DISTINCT entry) AS entries,
         COUNT(CASE WHEN state = 'resolved' THEN 1 END) AS resolved
  FROM refused
  GROUP BY pipeline, reason
)
SELECT c.pipeline,
       COALESCE(r.reason, '(any)') AS reason,
       COALESCE(r.records, 0) AS records,
       COALESCE(r.entries, 0) AS entries,
       COALESCE(r.resolved, 0) AS resolved,
       c.read AS records_read,
       CAST(100.0 * COALESCE(r.records, 0) / NULLIF(c.read, 0) AS DECIMAL(5, 2)) AS percent_of_read
FROM clearwell.counts AS c
LEFT JOIN per_reason AS r ON r.pipeline = c.pipeline
