'use strict';

const assert = require('node:assert/strict');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, test } = require('node:test');

const skill = require('../src/index.js');

const workDir = mkdtempSync(join(tmpdir(), 'react-setup-'));
after(() => rmSync(workDir, { recursive: true }));

const context = { workDir, progress() {}, log: { info() {} } };

test('every file of the manifest is there, with its size', () => {
  for (const typescript of [true, false]) {
    const projectName = typescript ? 'typed' : 'plain';
    const { files } = skill.execute({ projectName, typescript }, context);
    for (const { path, sizeBytes } of files) assert.equal(readFileSync(join(workDir, path)).length, sizeBytes);
    assert.ok(files.some(({ path }) => path === `${projectName}/src/App.${typescript ? 'tsx' : 'jsx'}`));
    assert.equal(JSON.parse(readFileSync(join(workDir, projectName, 'package.json'), 'utf8')).name, projectName);
  }
});
