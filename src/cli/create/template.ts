import type { Answers } from './answers.ts';

/** The files of a new skill, by path: the structure and template of the documentation. */
export function skillFiles(answers: Answers, language: 'javascript' | 'typescript'): ReadonlyMap<string, string> {
  const typed = language === 'typescript';
  const extension = typed ? 'ts' : 'js';
  return new Map([
    ['SKILL.md', skillPage(answers)],
    ['package.json', manifest(answers, typed)],
    [`src/index.${extension}`, typed ? typedModule(answers) : commonModule(answers)],
    [`tests/index.test.${extension}`, typed ? typedTests(answers) : commonTests(answers)],
    ['.gitignore', 'node_modules/\ncoverage/\n.env\n*.log\n'],
  ]);
}

function skillPage({ name, description, category, difficulty, author }: Answers): string {
  return `# ${name}

${description}

- Category: ${category}
- Difficulty: ${difficulty}
- Author: ${author}

## Parameters

| name          | type    | default  | what                          |
| ------------- | ------- | -------- | ----------------------------- |
| \`projectName\` | string  | required | Name of the project           |
| \`typescript\`  | boolean | \`true\`   | Whether it is written in TypeScript |

## Result

\`{ "success": true, "message": "Done" }\`

## Work on it

\`\`\`bash
ihuman validate ${name}
ihuman test ${name}
ihuman publish ${name}
\`\`\`
`;
}

function manifest({ name, description, author }: Answers, typed: boolean): string {
  const value = {
    name,
    version: '0.1.0',
    description,
    keywords: ['ihuman-skill'],
    license: 'MIT',
    author,
    type: typed ? 'module' : 'commonjs',
    main: typed ? 'src/index.ts' : 'src/index.js',
    files: ['src', 'SKILL.md'],
    scripts: { test: 'node --test' },
    // Older ones do not run TypeScript as it is.
    ...(typed ? { engines: { node: '>=24' } } : {}),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function metadata({ name, description, category, difficulty, author }: Answers): string {
  return `metadata: {
    name: ${quoted(name)},
    version: '0.1.0',
    description: ${quoted(description)},
    category: ${quoted(category)},
    difficulty: ${quoted(difficulty)},
    author: ${quoted(author)},
    parameters: {
      projectName: { type: 'string', required: true, description: 'Name of the project' },
      typescript: { type: 'boolean', default: true, description: 'Whether it is written in TypeScript' },
    },
  }`;
}

const implementation = `// Your skill implementation. The context has progress(percent, status), log.info(message), signal (aborts when the
    // execution is cancelled or out of time) and workDir (files that are left there are kept as artifacts).
    return { success: true, message: 'Done' };`;

const validation = `// Validate parameters: true, or a sentence that says what is wrong. Types and required ones are checked before.
    return params.projectName === '' ? 'projectName must not be empty' : true;`;

function commonModule(answers: Answers): string {
  return `'use strict';

module.exports = {
  ${metadata(answers)},

  async execute(params, context) {
    ${implementation}
  },

  validate(params) {
    ${validation}
  },
};
`;
}

function typedModule(answers: Answers): string {
  return `interface Params {
  readonly projectName: string;
  readonly typescript: boolean;
}

type Log = Readonly<Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void>>;

interface Context {
  readonly executionId: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly workDir: string;
  readonly log: Log;
  progress(percent: number, status?: string): void;
}

export default {
  ${metadata(answers)},

  async execute(params: Params, context?: Context): Promise<{ success: boolean; message: string }> {
    ${implementation}
  },

  validate(params: Params): boolean | string {
    ${validation}
  },
};
`;
}

function tests({ name }: Answers): string {
  return `const params = { projectName: 'my-app', typescript: true };

test(${quoted(`${name} does its work`)}, async () => {
  const context = { signal: new AbortController().signal, workDir: '.', progress() {}, log: { info() {} } };
  assert.deepEqual(await skill.execute(params, context), { success: true, message: 'Done' });
});

test(${quoted(`${name} takes good parameters and says what is wrong with others`)}, () => {
  assert.equal(skill.validate(params), true);
  assert.equal(skill.validate({ ...params, projectName: '' }), 'projectName must not be empty');
});
`;
}

function commonTests(answers: Answers): string {
  return `'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const skill = require('../src/index.js');

${tests(answers)}`;
}

function typedTests(answers: Answers): string {
  const context = `const context = { executionId: 'exec_test', attempt: 1, signal: new AbortController().signal, workDir: '.', progress() {}, log };`;
  const text = tests(answers).replace(/const context = .*;/, context);
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';

import skill from '../src/index.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
${text}`;
}

/** Text as a JavaScript literal in single quotes. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}
