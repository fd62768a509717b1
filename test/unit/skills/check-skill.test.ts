import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { checkSkills, type Judgement } from '../../../src/skills/check-skill.ts';
import { SkillCatalog } from '../../../src/skills/skill-catalog.ts';
import { tempDir } from '../../support/temp-dir.ts';

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly title: string;
  readonly files: Files;
  /** File and place of each problem, in the order of the report; none: it is a skill. */
  readonly problems: readonly string[];
}

const good = { version: '1.0.0', description: 'A skill', category: 'test', difficulty: 'beginner', author: 'somebody' };
const manifest = (part: object = {}): string => JSON.stringify({ main: 'src/index.js', ...part });

/** A module whose metadata are good but for `part`; `undefined` takes a field out. */
const moduleOf = (name: string, part: object = {}, rest = 'execute() {}'): string =>
  `module.exports = { metadata: ${JSON.stringify({ name, ...good, parameters: {}, ...part })}, ${rest} };`;

const one = (title: string, part: object, ...places: readonly string[]): Case => ({
  title,
  files: { 'package.json': manifest(), 'src/index.js': moduleOf('NAME', part) },
  problems: places.map((place) => `src/index.js /metadata${place}`),
});
const parameter = (title: string, spec: unknown, ...places: readonly string[]): Case =>
  one(`a parameter with ${title}`, { parameters: { a: spec } }, ...places.map((place) => `/parameters/a${place}`));
const files = (title: string, written: Files, ...problems: readonly string[]): Case => ({
  title,
  files: written,
  problems,
});
const withManifest = (title: string, part: object, ...problems: readonly string[]): Case =>
  files(title, { 'package.json': manifest(part), 'src/index.js': moduleOf('NAME') }, ...problems);
const withModule = (title: string, module: string, ...problems: readonly string[]): Case =>
  files(title, { 'package.json': manifest(), 'src/index.js': module }, ...problems);

const cases: readonly Case[] = [
  one('good metadata', {}),
  one('everything that may be said', {
    tags: ['a'],
    timeoutMs: 1,
    concurrency: 1,
    priority: -100,
    queueTtlMs: 1,
    retry: { maxAttempts: 1 },
  }),
  one('no description', { description: undefined }, '/description'),
  one('an empty category', { category: ' ' }, '/category'),
  one('an author that is a number', { author: 5 }, '/author'),
  one('an unknown difficulty', { difficulty: 'hard' }, '/difficulty'),
  one('a version of two numbers', { version: '1.0' }, '/version'),
  one('a version with a leading zero', { version: '01.0.0' }, '/version'),
  one('a version with a mark before it', { version: 'v1.0.0' }, '/version'),
  one('a pre-release', { version: '1.0.0-beta.1+build.5' }),
  one('a name other than the folder’s', { name: 'other' }, '/name'),
  one('a name with capitals', { name: 'Other' }, '/name', '/name'),
  one('parameters as a list', { parameters: [] }, '/parameters'),
  one('an unknown key', { catgory: 'x' }, '/catgory'),
  one('a time limit of a day', { timeoutMs: 86_400_000 }, '/timeoutMs'),
  one('a retry without attempts', { retry: { factor: 0.5 } }, '/retry/maxAttempts', '/retry/factor'),
  one('many things wrong', { version: 1, author: undefined, extra: 1 }, '/author', '/version', '/extra'),
  parameter('no type', {}, '/type'),
  parameter('an unknown type', { type: 'text' }, '/type'),
  parameter('no description of it at all', 'string', ''),
  parameter('a default of another type', { type: 'integer', default: '5' }, '/default'),
  parameter('a default out of its bounds', { type: 'integer', default: 5, maximum: 4 }, '/default'),
  parameter('a default that is not among its values', { type: 'string', enum: ['a'], default: 'b' }, '/default'),
  parameter('a default that its pattern refuses', { type: 'string', pattern: '^b', default: 'a' }, '/default'),
  parameter('a secret default', { type: 'string', secret: true, default: 'a' }, '/default'),
  parameter('values of another type', { type: 'string', enum: [1] }, '/enum'),
  parameter('bounds that leave nothing', { type: 'number', minimum: 2, maximum: 1 }, '/minimum'),
  parameter('a limit of another type', { type: 'boolean', minLength: 1 }, '/minLength'),
  parameter('a pattern that is none', { type: 'string', pattern: '(' }, '/pattern'),
  parameter('an unknown key', { type: 'string', optional: true }, '/optional'),
  one('a parameter without a proper name', { parameters: { 'a-b': { type: 'string' } } }, '/parameters/a-b'),
  one(
    'an alias that is another parameter',
    { parameters: { a: { type: 'string', aliases: ['b'] }, b: { type: 'string' } } },
    '/parameters/a/aliases',
  ),
  files('no package.json', { 'src/index.js': moduleOf('NAME') }, 'package.json '),
  files(
    'a package.json with a comma at an end',
    { 'package.json': '{\n  "name": "x",\n}', 'src/index.js': moduleOf('NAME') },
    'package.json 3:1',
  ),
  files('a package.json that is a list', { 'package.json': '[]', 'src/index.js': moduleOf('NAME') }, 'package.json '),
  files('no module', { 'package.json': '{}' }, '. '),
  files('neither', { 'README.md': 'x' }, 'package.json ', '. '),
  withManifest('a main that is not there', { main: 'lib/index.js' }, 'package.json /main'),
  withManifest('a main that is a folder', { main: 'src' }, 'package.json /main'),
  withManifest('a package of another name', { name: 'something-else' }, 'package.json /name'),
  withManifest('a package with the name in a scope', { name: '@acme/ihuman-skill-NAME' }),
  withManifest('a package of another version', { version: '1.0.1' }, 'package.json /version'),
  withModule('a module that throws', "'use strict';\nthrow new Error('at load');", 'src/index.js 2:7'),
  withModule('a module with bad syntax', 'module.exports = {\n  a: 1;\n};', 'src/index.js 2'),
  withModule('a module that needs what is not there', "require('./not-there.js');", 'src/index.js 1:1'),
  withModule('a module that ends the process', 'process.exit(0);', 'src/index.js '),
  files(
    'a module of the other kind',
    { 'package.json': manifest({ type: 'commonjs' }), 'src/index.js': 'export const metadata = {};' },
    'src/index.js 1',
  ),
  withModule(
    'no execute and a wrong validate',
    moduleOf('NAME', {}, 'validate: true'),
    'src/index.js /execute',
    'src/index.js /validate',
  ),
  withModule('no exports', '', 'src/index.js /execute', 'src/index.js /metadata'),
  files(
    'problems of every kind at once',
    {
      'package.json': manifest({ main: 'x.js', version: '9.0.0' }),
      'src/index.js': moduleOf('NAME', { author: 1 }, 'validate: 1'),
    },
    'package.json /main',
    'src/index.js /execute',
    'src/index.js /validate',
    'src/index.js /metadata/author',
    'package.json /version',
  ),
];

const root = join(tempDir(), 'skills');
const names = cases.map((_, i) => `case-${String(i)}`);
let judged: ReadonlyMap<string, Judgement>;
let catalog: SkillCatalog;

beforeAll(async () => {
  for (const [i, { files: written }] of cases.entries()) {
    const name = names[i]!;
    for (const [file, text] of Object.entries(written)) {
      mkdirSync(dirname(join(root, name, file)), { recursive: true });
      writeFileSync(join(root, name, file), text.replaceAll('NAME', name));
    }
  }
  judged = await checkSkills(root, names);
  catalog = new SkillCatalog({
    folders: [root],
    cacheFile: join(root, '../cache.json'),
    watch: false,
    onProblems: () => undefined,
  });
  await catalog.load();
});

describe.each(cases.map((example, i) => ({ ...example, name: names[i]! })))(
  'a skill with $title',
  ({ name, problems }) => {
    it('is told every problem, with its file and place and a cure', () => {
      const found = judged.get(name)?.problems ?? [];
      expect(found.map(({ file, path }) => `${file} ${path}`)).toEqual(problems);
      for (const { message, cure } of found) expect([message, cure].every((text) => text.length > 5)).toBe(true);
    });

    it('is judged the same by the server', () => {
      expect(catalog.problems().get(name) ?? []).toEqual(judged.get(name)?.problems);
      expect(catalog.get(name)).toEqual(judged.get(name)?.skill ?? undefined);
    });
  },
);

it('a folder that is a link to elsewhere, or has a name that no skill may have, is refused by both', async () => {
  const other = join(tempDir(), 'links');
  mkdirSync(other);
  symlinkSync(join(root, names[0]!), join(other, 'linked'));
  mkdirSync(join(other, 'Capital'));
  writeFileSync(join(other, 'Capital/index.js'), moduleOf('Capital'));
  const found = await checkSkills(other, ['linked', 'Capital']);
  const links = new SkillCatalog({
    folders: [other],
    cacheFile: join(other, 'cache.json'),
    watch: false,
    onProblems: () => undefined,
  });
  await links.load();
  for (const name of ['linked', 'Capital']) {
    expect(found.get(name)?.skill).toBeNull();
    expect(links.problems().get(name)).toEqual(found.get(name)?.problems);
  }
});
