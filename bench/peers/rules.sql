SELECT count(*) > 0,
  count(*) FILTER (WHERE c00 IS NULL), count(*) FILTER (WHERE c01 IS NULL), count(*) FILTER (WHERE c02 IS NULL),
  count(*) FILTER (WHERE c03 IS NULL), count(*) FILTER (WHERE c12 IS NULL), count(*) FILTER (WHERE c13 IS NULL),
  count(*) FILTER (WHERE c15 IS NULL), count(*) FILTER (WHERE c20 IS NULL),
  count(*) FILTER (WHERE NOT c00 BETWEEN -100 AND 100), count(*) FILTER (WHERE NOT c01 BETWEEN -100 AND 100),
  count(*) FILTER (WHERE NOT c02 BETWEEN -100 AND 100), count(*) FILTER (WHERE NOT c12 BETWEEN 0 AND 999),
  count(*) FILTER (WHERE NOT c13 BETWEEN 0 AND 1999), avg(c03) BETWEEN -1 AND 1,
  count(*) FILTER (WHERE NOT regexp_full_match(c15, 'level-[0-9]+')), count(*) FILTER (WHERE length(c15) > 12),
  count(*) FILTER (WHERE c16 NOT IN ('level-0', 'level-1', 'level-2', 'level-3', 'level-4', 'level-5')),
  count(*) FILTER (WHERE c17 NOT IN ('level-0', 'level-1', 'level-2', 'level-3', 'level-4', 'level-5', 'level-6', 'level-7', 'level-8')),
  count(*) FILTER (WHERE length(c18) < 7)
FROM TABLE
