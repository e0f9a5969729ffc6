-- The library's table and its 5000 fragrances: names come twice and more, and from many languages.
CREATE TABLE fragrances (
  fragrance_id serial PRIMARY KEY,
  name varchar(150),
  description varchar(1024),
  cost numeric,
  forbidden boolean
);
INSERT INTO fragrances
SELECT n,
       (ARRAY['Lavendel', 'Rosée', '沉香', 'Ylang-Ylang', 'Ämbra', 'Мускус', 'Oud'])[1 + n % 7],
       'No. ' || n, round((n * 37 % 5000) / 7.0, 2), n % 50 = 0
FROM generate_series(0, 4999) AS n;
SELECT setval('fragrances_fragrance_id_seq', 5000, false);
-- Where Clearwell keeps which change of a row, and of each column, was the last. The library need not
-- know of them.
ALTER TABLE fragrances ADD COLUMN _version bytea, ADD COLUMN _patches bytea;
