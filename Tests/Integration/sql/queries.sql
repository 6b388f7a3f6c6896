CREATE TABLE dept (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, parent INT REFERENCES dept (id));
CREATE TABLE emp (id INTEGER PRIMARY KEY, name TEXT, dept INT REFERENCES dept (id), salary REAL, hired TEXT, boss INT);
INSERT INTO dept VALUES (1, 'all', NULL), (2, 'sales', 1), (3, 'works', 1), (4, 'north', 2), (5, 'empty', 3);
INSERT INTO emp VALUES (1, 'ann', 1, 900.5, '2020-01-02', NULL), (2, 'bob', 2, 500, '2021-05-06', 1), (3, 'cid', 2, 450.25, '2019-03-04', 2), (4, 'dee', 3, 700, '2022-07-08', 1), (5, 'eve', 4, 500, '2020-09-10', 2), (6, 'fay', NULL, NULL, NULL, 4);
-- joins
SELECT e.name, d.name FROM emp AS e JOIN dept AS d ON d.id = e.dept ORDER BY e.id;
SELECT e.name, d.name FROM emp AS e LEFT JOIN dept AS d ON d.id = e.dept ORDER BY e.id;
SELECT e.name, d.name FROM emp AS e RIGHT JOIN dept AS d ON d.id = e.dept ORDER BY d.id, e.id;
SELECT e.name, d.name FROM emp AS e FULL JOIN dept AS d ON d.id = e.dept ORDER BY 1, 2;
SELECT a.name, b.name FROM emp AS a, emp AS b WHERE a.boss = b.id AND a.salary > b.salary * 0.5 ORDER BY 1;
SELECT count(*) FROM emp CROSS JOIN dept;
SELECT * FROM dept NATURAL JOIN (SELECT 2 AS id) ORDER BY 1;
SELECT e.name, b.name FROM emp e INNER JOIN emp b USING (salary) WHERE e.id < b.id;
-- grouping
SELECT dept, count(*), sum(salary), avg(salary), min(hired), max(hired), total(salary) FROM emp GROUP BY dept ORDER BY dept;
SELECT d.name, count(e.id) AS n FROM dept d LEFT JOIN emp e ON e.dept = d.id GROUP BY d.id HAVING count(e.id) <> 1 ORDER BY n DESC, d.name;
SELECT group_concat(name, '-') FROM (SELECT name FROM emp ORDER BY name DESC);
SELECT count(DISTINCT salary), count(salary), count(*), count(*) FILTER (WHERE salary > 480) FROM emp;
SELECT substr(hired, 1, 4) AS year, round(avg(salary), 1) FROM emp WHERE hired IS NOT NULL GROUP BY year ORDER BY year;
-- subqueries
SELECT name FROM emp WHERE salary > (SELECT avg(salary) FROM emp) ORDER BY name;
SELECT name, (SELECT count(*) FROM emp AS b WHERE b.boss = a.id) FROM emp AS a ORDER BY id;
SELECT name FROM dept WHERE NOT EXISTS (SELECT 1 FROM emp WHERE emp.dept = dept.id) ORDER BY 1;
SELECT name FROM emp WHERE dept IN (SELECT id FROM dept WHERE parent = 1) ORDER BY name;
SELECT name FROM emp WHERE (dept, salary) IN (VALUES (2, 500), (3, 700)) ORDER BY 1;
SELECT name FROM emp WHERE salary = (SELECT max(salary) FROM emp AS i WHERE i.dept = emp.dept) ORDER BY 1;
SELECT * FROM (SELECT dept, max(salary) AS top FROM emp GROUP BY dept) AS t WHERE top > 500 ORDER BY 1;
-- compounds
SELECT id FROM dept UNION SELECT id FROM emp ORDER BY 1;
SELECT id FROM emp EXCEPT SELECT id FROM dept;
SELECT id FROM emp INTERSECT SELECT dept FROM emp ORDER BY id;
SELECT 'a' UNION ALL SELECT 'a' UNION ALL SELECT NULL;
VALUES (1, 'x'), (2, NULL), (3, 'z');
-- windows
SELECT name, rank() OVER (ORDER BY salary DESC), dense_rank() OVER (ORDER BY salary DESC), row_number() OVER (ORDER BY salary DESC, id) FROM emp ORDER BY id;
SELECT name, sum(salary) OVER (PARTITION BY dept ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM emp ORDER BY id;
SELECT name, lag(name) OVER w, lead(name, 1, 'none') OVER w, first_value(name) OVER w, ntile(3) OVER w FROM emp WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, avg(salary) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM emp;
SELECT id, count(*) OVER (ORDER BY salary RANGE BETWEEN 50 PRECEDING AND 50 FOLLOWING EXCLUDE CURRENT ROW) FROM emp ORDER BY id;
SELECT id, sum(salary) FILTER (WHERE dept = 2) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM emp ORDER BY id;
-- common table expressions
WITH RECURSIVE tree (id, path) AS (SELECT id, name FROM dept WHERE parent IS NULL UNION ALL SELECT d.id, path || '/' || d.name FROM dept d JOIN tree ON d.parent = tree.id) SELECT * FROM tree ORDER BY path;
WITH RECURSIVE fib (a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM fib LIMIT 20) SELECT a FROM fib;
WITH a AS MATERIALIZED (SELECT 1 AS x), b AS NOT MATERIALIZED (SELECT x + 1 AS y FROM a) SELECT x, y FROM a, b;
WITH RECURSIVE up (id, boss, depth) AS (SELECT id, boss, 0 FROM emp WHERE id = 3 UNION ALL SELECT e.id, e.boss, depth + 1 FROM emp e JOIN up ON e.id = up.boss) SELECT * FROM up;
-- expressions
SELECT 7 / 2, -7 / 2, 7 % 3, 7.0 / 2, 2 * 3 + 4, 1 << 4, 6 & 3, 6 | 3, ~5, 'a' || 1 || NULL, 10 BETWEEN 1 AND 10;
SELECT NULL = NULL, NULL IS NULL, 1 IS NOT 2, 1 IS DISTINCT FROM NULL, NOT 0, 3 > 2 AND 2 > 3, 0 OR NULL, 1 OR NULL;
SELECT 'abc' LIKE 'A_C', 'abc' GLOB 'a*', 'a%c' LIKE 'a\%c' ESCAPE '\', 'abc' < 'abd' COLLATE NOCASE, 'x' IN ('x', 'y');
SELECT CAST('12abc' AS INTEGER), CAST(3.9 AS INTEGER), CAST(5 AS TEXT), CAST('1.5' AS REAL), CAST('1e3' AS NUMERIC), typeof(CAST(1 AS TEXT)), typeof(1.0), typeof(NULL);
SELECT CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' ELSE 'many' END, CASE WHEN NULL THEN 1 END, coalesce(NULL, 2), nullif(1, 1), iif(1 > 2, 'a', 'b');
SELECT upper('ß'), lower('ABC'), length('häß'), length(x'00ff'), trim('  x '), replace('aXbX', 'X', '--'), substr('hello', -3, 2), instr('hello', 'l'), hex('AB'), quote('it''s'), char(65, 66), unicode('A');
SELECT abs(-5), round(2.567, 2), max(1, 5, 3), min('b', 'a'), sign(-2), printf('%05d|%.2f|%s', 42, 3.14159, 'x'), hex(zeroblob(2));
SELECT date('2026-02-28', '+1 day'), date('2024-02-28', '+1 day'), time('12:34:56', '-1 hour'), datetime('2026-01-31', '+1 month'), strftime('%Y|%m|%d|%H|%j|%w', '2026-11-25 01:02:03'), julianday('2000-01-01 12:00'), unixepoch('1970-01-02');
SELECT 9223372036854775807, -9223372036854775808, 9223372036854775807 + 1, 1e308 * 10, 0.1 + 0.2, 1e-5, 123456789012345678;
SELECT 'a' || x'62', hex(x'00616263'), '', NULL, ' ';
SELECT name FROM emp ORDER BY salary NULLS FIRST, name DESC LIMIT 3 OFFSET 1;
SELECT DISTINCT dept FROM emp ORDER BY dept NULLS LAST;
SELECT sum(salary) / 0, sum(NULL), total(NULL), avg(NULL), max(NULL) FROM emp;
SELECT * FROM emp WHERE nothing = 1;
SELECT abs('x'), 1 FROM;
