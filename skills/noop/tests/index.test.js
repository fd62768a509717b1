'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const skill = require('../src/index.js');

test('it does nothing', () => {
  assert.equal(skill.execute({}, {}), null);
});
