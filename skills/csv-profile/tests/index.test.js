'use strict';

const assert = require('node:assert/strict');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, test } = require('node:test');

const skill = require('../src/index.js');
const { parseCsv } = require('../src/parse-csv.js');

const workDir = mkdtempSync(join(tmpdir(), 'csv-profile-'));
after(() => rmSync(workDir, { recursive: true }));

const context = { workDir, signal: new AbortController().signal, progress() {}, log: { info() {}, warn() {} } };
const profile = (csv) => skill.execute({ csv, delimiter: ',', maxCategories: 3 }, context);

test('quotes, doubled quotes, line breaks in quotes and both line ends are read', () => {
  const rows = [...parseCsv('a,b\r\n"x, y","say ""hi"""\n"two\nlines",\n', ',')];
  assert.deepEqual(rows, [
    ['a', 'b'],
    ['x, y', 'say "hi"'],
    ['two\nlines', ''],
  ]);
});

test('types, missing values and distributions are found', async () => {
  const { rows, columns } = await profile(
    'n,d,t,e\n1,2020-01-01,red,\n2,2020-01-02,red,NA\n,2020-01-03,blue,-\n4.5,,red,null\n',
  );
  assert.equal(rows, 4);
  assert.deepEqual(
    columns.map(({ name, type, missing }) => [name, type, missing]),
    [
      ['n', 'number', 1],
      ['d', 'date', 1],
      ['t', 'text', 0],
      ['e', 'empty', 4],
    ],
  );
  assert.equal(columns[0].quantiles.p50, 2);
  assert.deepEqual(columns[2].top, [
    { value: 'red', count: 3 },
    { value: 'blue', count: 1 },
  ]);
  assert.equal(
    columns[0].histogram.reduce((sum, bin) => sum + bin.count, 0),
    3,
  );
});

test('the profile and a report are left as files', async () => {
  await profile('a\n1\n');
  assert.equal(JSON.parse(readFileSync(join(workDir, 'profile.json'), 'utf8')).rows, 1);
  assert.match(readFileSync(join(workDir, 'report.md'), 'utf8'), /\| a \| integer \|/);
});
