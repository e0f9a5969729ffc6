-- Who changed what, when, from what to what: a row for each field of each accepted change. "Before" is
-- what the change before it made of the field, or what the library had when the first one came.
-- materialized: view
WITH fields AS (
  SELECT change_id, fragrance_id, changed_at, delivery, 'name' AS field, name AS after,
         old_name AS first_before FROM fragrance_changes WHERE name IS NOT NULL
  UNION ALL
  SELECT change_id, fragrance_id, changed_at, delivery, 'description', description,
         old_description FROM fragrance_changes WHERE description IS NOT NULL
  UNION ALL
  SELECT change_id, fragrance_id, changed_at, delivery, 'cost', CAST(cost AS VARCHAR), old_cost
  FROM fragrance_changes WHERE cost IS NOT NULL
  UNION ALL
  SELECT change_id, fragrance_id, changed_at, delivery, 'forbidden', CAST(forbidden AS VARCHAR),
         CAST(old_forbidden AS VARCHAR) FROM fragrance_changes WHERE forbidden IS NOT NULL
)
SELECT change_id, fragrance_id, changed_at, delivery, field,
       coalesce(lag(after) OVER (PARTITION BY fragrance_id, field ORDER BY change_id),
                first_before) AS before,
       after
FROM fields
