-- 60,000 rows, an index, a join, an aggregate, a window, deletions: each answer follows from the formulas of the rows.
PRAGMA journal_mode = WAL;
CREATE TABLE item (id INTEGER PRIMARY KEY, grp INTEGER, name TEXT, price REAL);
CREATE TABLE grp (id INTEGER PRIMARY KEY, label TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  INSERT INTO item SELECT i, i * 7919 % 100, printf('%08x', i * 2654435761 % 4294967296), i / 8.0 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
  INSERT INTO grp SELECT i, 'group ' || i FROM n;
COMMIT;
CREATE INDEX item_name ON item(name);
CREATE INDEX item_grp ON item(grp);
SELECT count(*), sum(id), sum(price), min(name), max(name) FROM item;
SELECT label, count(*), sum(price) FROM item JOIN grp ON grp.id = item.grp GROUP BY label ORDER BY 3 DESC LIMIT 3;
SELECT id, name FROM item WHERE name BETWEEN '80000000' AND '80040000' ORDER BY name;
SELECT sum(r) FROM (SELECT row_number() OVER (PARTITION BY grp ORDER BY name) AS r FROM item);
UPDATE item SET price = price * 2 WHERE grp < 50;
DELETE FROM item WHERE id % 3 = 0;
SELECT count(*), sum(id), total(price) FROM item;
SELECT group_concat(x, ' ') FROM (SELECT round(sqrt(id) * sin(id), 6) AS x FROM item WHERE id < 20);
SELECT json_extract('{"a":[1,2,{"b":3.5}]}', '$.a[2].b'), 1e308 * 10, 9223372036854775807 + 0, 0.1 + 0.2;
VACUUM;
PRAGMA integrity_check;
