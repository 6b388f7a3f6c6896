// node-postgres against a server: each line of the output is one fact, which the test compares with what PostgreSQL gives.
'use strict';
const { Client, Pool, types } = require('pg');
const Cursor = require('pg-cursor');
const QueryStream = require('pg-query-stream');

const address = port => ({ host: '127.0.0.1', port: Number(port), user: 'test', password: '', database: process.argv[2] });
const say = (...values) => console.log(values.map(value => typeof value === 'string' ? value : JSON.stringify(value)).join(' '));

async function state(work) {
  try {
    await work();
    return 'none';
  } catch (error) {
    return error.code;
  }
}

async function statements(client) {
  await client.query(`CREATE TABLE author (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE, born DATE);
    CREATE TABLE book (id BIGSERIAL PRIMARY KEY, author_id BIGINT REFERENCES author (id), title VARCHAR(40), pages BIGINT, weight DOUBLE PRECISION,
      sold BOOLEAN NOT NULL DEFAULT false, added TIMESTAMPTZ, cover BYTEA, meta JSONB, price NUMERIC)`);
  const inserted = await client.query('INSERT INTO author (name, born) VALUES ($1, $2), ($3, $4) RETURNING id, name',
    ['Austen', '1775-12-16', 'Kafka', new Date(Date.UTC(1883, 6, 3))]);
  say('inserted', inserted.command, inserted.rowCount, inserted.rows.map(row => [Number(row.id), row.name]));
  const book = { text: 'INSERT INTO book (author_id, title, pages, weight, sold, added, cover, meta, price) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *' };
  const { rows: [row] } = await client.query(book, [1, "Emma's \u{1F4D6}", 474, 0.25, true, new Date('2024-02-29T12:34:56.789Z'),
    Buffer.from([0, 1, 255]), { tags: ['novel'], year: 1815 }, '12.5']);
  say('types', Object.entries(row).map(([name, value]) => [name, value && value.constructor.name]));
  say('values', row.title, Number(row.pages), row.weight, row.sold, row.added, [...row.cover], row.meta, row.price);
  for (let number = 0; number < 30; number++) {
    // The same name: prepared once.
    await client.query({ name: 'one more', text: 'INSERT INTO book (author_id, title, pages) VALUES ($1, $2, $3)', values: [2, `Book ${number}`, number] });
  }
  const fields = await client.query('SELECT id, title, sold, added, meta, price, weight FROM book WHERE id = $1', [1]);
  say('fields', fields.fields.filter(field => field.name !== 'id').map(field => [field.name, types.getTypeParser(field.dataTypeID, 'text') !== String, field.dataTypeID]));
  say('nulls', (await client.query('SELECT $1::text AS a, $2::int AS b, $3 AS c', [null, null, 'x'])).rows);
  say('array', (await client.query('SELECT title FROM book WHERE pages = ANY($1) ORDER BY pages', [[3, 5, 7]])).rows.map(row => row.title));
  say('as arrays', (await client.query({ text: 'SELECT title, pages FROM book WHERE pages < $1 ORDER BY pages', values: [2], rowMode: 'array' })).rows.map(row => [row[0], Number(row[1])]));
  const several = await client.query("SELECT 1 AS a; SELECT 'x' AS b; UPDATE book SET sold = true WHERE pages > 27");
  say('several', several.map(result => [result.command, result.rowCount]));
  say('grouped', (await client.query(`SELECT a.name, count(*) AS n, sum(b.pages) AS pages, json_agg(b.title ORDER BY b.id) ->> 0 AS first
    FROM author a JOIN book b ON b.author_id = a.id WHERE b.added IS NULL OR b.added < now() GROUP BY a.name ORDER BY a.name`)).rows.map(row => [row.name, Number(row.n), Number(row.pages), row.first]));
  say('conflict', (await client.query("INSERT INTO author (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET born = excluded.born RETURNING name, born", ['Kafka'])).rows);
}

async function errors(client) {
  try {
    await client.query('INSERT INTO author (name) VALUES ($1)', ['Austen']);
  } catch (error) {
    say('unique', error.code, error.severity, error.table, error.constraint);
  }
  say('not null', await state(() => client.query('INSERT INTO author (name) VALUES ($1)', [null])));
  say('foreign key', await state(() => client.query('INSERT INTO book (author_id) VALUES (99)')));
  say('no table', await state(() => client.query('SELECT * FROM nowhere')));
  say('no column', await state(() => client.query('SELECT no_such_column FROM book')));
  say('date', await state(() => client.query('UPDATE author SET born = $1', ['nonsense'])));
  try {
    await client.query('SELEC 1');
  } catch (error) {
    say('syntax', error.code, error.position);
  }
  say('goes on', (await client.query("SELECT 'yes' AS a")).rows);
  await client.query("SET statement_timeout = '200ms'");
  say('timeout', await state(() => client.query('WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r')));
  await client.query('SET statement_timeout = 0');
}

async function transactions(pool) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('DELETE FROM book WHERE pages = $1', [29]);
    say('failed', await state(() => client.query('SELECT no_such_column')), await state(() => client.query('SELECT 1')));
    await client.query('ROLLBACK');
    await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
    await client.query('SAVEPOINT s');
    await client.query('DELETE FROM book WHERE pages = $1', [29]);
    await client.query('ROLLBACK TO s');
    await client.query('DELETE FROM book WHERE pages = $1', [28]);
    await client.query('COMMIT');
    await client.query('BEGIN READ ONLY');
    say('read-only', await state(() => client.query('DELETE FROM book')));
    await client.query('ROLLBACK');
  } finally {
    client.release();
  }
  say('left', (await pool.query('SELECT count(*)::int AS n FROM book')).rows.map(row => Number(row.n)));
  // More than there are connections, all at once.
  await Promise.all(Array.from({ length: 40 }, (_, number) => pool.query('INSERT INTO author (name) VALUES ($1)', [`author ${number}`])));
  const found = await Promise.all(Array.from({ length: 40 }, (_, number) => pool.query('SELECT name FROM author WHERE name = $1', [`author ${number}`])));
  say('pool', found.every((result, number) => result.rows[0].name === `author ${number}`), pool.totalCount <= 5);
}

async function cursors(client) {
  const cursor = client.query(new Cursor('SELECT title FROM book WHERE pages >= $1 ORDER BY pages', [0]));
  const sizes = [];
  for (let rows = await cursor.read(10); rows.length; rows = await cursor.read(10)) sizes.push([rows.length, rows[0].title]);
  await cursor.close();
  say('cursor', sizes);
  const half = client.query(new Cursor('SELECT title FROM book ORDER BY id'));
  say('half', (await half.read(2)).length);
  await half.close();
  let count = 0;
  for await (const row of client.query(new QueryStream('SELECT pages FROM book WHERE pages IS NOT NULL ORDER BY id', [], { batchSize: 7 }))) count += row.pages !== null;
  say('stream', count);
  say('cursor fails', await state(() => client.query(new Cursor('SELECT no_such_column FROM book')).read(1)), (await client.query("SELECT 'on' AS goes")).rows);
}

async function main() {
  const [, , , port, replica] = process.argv;
  const client = new Client({ ...address(port), application_name: 'suite' });
  await client.connect();
  await statements(client);
  await errors(client);
  await cursors(client);
  say('name', (await client.query('SHOW application_name')).rows);
  await client.end();
  const pool = new Pool({ ...address(port), max: 5, statement_timeout: 20_000 });
  await transactions(pool);
  await pool.end();
  if (!replica) return;
  const reader = new Pool({ ...address(replica), max: 2 });
  while (!(await reader.query("SELECT 1 FROM author WHERE name = 'author 39'")).rowCount) await new Promise(done => setTimeout(done, 20));
  say('replica', (await reader.query('SELECT pg_is_in_recovery() AS a')).rows, await state(() => reader.query('DELETE FROM book')));
  await reader.end();
}

main().catch(error => { console.error(error); process.exit(1); });
