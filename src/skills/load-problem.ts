import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { CuredProblem } from './skill-problem.ts';

/** What a module threw while it was loaded. */
export interface LoadError {
  readonly message: string;
  readonly name?: string;
  readonly stack?: string;
  readonly code?: string;
}

/** Why a module cannot be loaded, with the line of it where that shows, and what to do. */
export function loadProblem(entry: string, error: LoadError): CuredProblem {
  const [firstLine = ''] = error.message.split('\n');
  return { path: placeIn(entry, error.stack ?? ''), message: `cannot be loaded: ${firstLine}`, cure: cureOf(error) };
}

/** Line and column in the entry module, or file and line in another one of the skill's; nothing when neither is named. */
function placeIn(entry: string, stack: string): string {
  const folder = dirname(entry);
  for (const line of stack.split('\n')) {
    const plain = line.replace(pathToFileURL('/').href, '/');
    const at = plain.indexOf(folder);
    if (at < 0 || plain.includes('/node_modules/')) continue;
    const [, file, place] = /^([^:)]+):(\d+(?::\d+)?)/.exec(plain.slice(at)) ?? [];
    if (file !== undefined && place !== undefined)
      return file === entry ? place : `${file.slice(folder.length + 1)}:${place}`;
  }
  return '';
}

function cureOf({ name, code = '', message }: LoadError): string {
  if (/module is not defined|require is not defined|exports is not defined/.test(message))
    return 'package.json says "type": "module"; write export instead, or take "type" out';
  if (/Cannot use import statement|Unexpected token 'export'/.test(message))
    return 'write "type": "module" into package.json, or use require and module.exports';
  if (code.endsWith('MODULE_NOT_FOUND')) return 'write that file, or install the package in the skill’s folder';
  if (code === 'ERR_ACCESS_DENIED')
    return 'a module has no files, processes or network while it is loaded: do that in execute';
  if (code.includes('TYPESCRIPT')) return 'use only TypeScript that goes away when types are erased';
  if (name === 'SyntaxError') return 'mend the syntax there';
  return 'do what can fail in execute, not while the module is loaded';
}
