'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const skill = require('../src/index.js');

test('it counts, reports and returns how far', async () => {
  const lines = [];
  const percents = [];
  const context = {
    signal: new AbortController().signal,
    progress: (p) => percents.push(p),
    log: { info: (m) => lines.push(m) },
  };
  assert.deepEqual(await skill.execute({ from: 2, intervalMs: 1 }, context), { counted: 2 });
  assert.deepEqual(lines, ['2 …', '1 …', 'lift-off']);
  assert.deepEqual(percents, [0, 50, 100]);
});

test('it stops when it is told to', async () => {
  const abort = new AbortController();
  const context = { signal: abort.signal, progress: () => abort.abort(), log: { info() {} } };
  await assert.rejects(skill.execute({ from: 100, intervalMs: 60000 }, context));
});
