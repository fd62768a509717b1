import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';

import { ConnectionError, errorFrom, ExecutionFailedError, TimeoutError } from '../../../packages/sdk-js/src/errors.ts';
import { CliError, endingOf, exitCodes } from '../../../src/cli/exit-codes.ts';
import { AppError } from '../../../src/kernel/errors.ts';

const answer = (status: number, body: object = {}) =>
  errorFrom({ status, headers: new Headers(), text: JSON.stringify(body) });
const named = (name: string): Error => Object.assign(new Error('x'), { name });

describe('how a command ends', () => {
  it.each<[string, unknown, number]>([
    ['what a command says', new CliError('unreachable', 'x'), 3],
    ['Ctrl-C in a question', named('ExitPromptError'), 130],
    ['something that was aborted', named('AbortError'), 130],
    ['an unknown flag', new CommanderError(1, 'commander.unknownOption', 'error: unknown option'), 2],
    ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0],
    ['a group without a verb', new CommanderError(1, 'commander.help', '(outputHelp)'), 2],
    ['settings that are wrong', new AppError('CONFIG_INVALID'), 2],
    ['a damaged log', new AppError('LOG_CORRUPT'), 1],
    ['401', answer(401), 4],
    ['403', answer(403), 4],
    ['404', answer(404), 1],
    ['422', answer(422), 1],
    ['500', answer(500), 1],
    ['503', answer(503), 3],
    ['no connection', new ConnectionError('x', { code: 'CONNECTION_FAILED' }), 3],
    ['no answer in time', new TimeoutError('x', { code: 'TIMEOUT' }), 3],
    [
      'an execution that failed',
      new ExecutionFailedError({
        executionId: 'exec_1',
        status: 'failed',
        error: 'x',
        code: 'SKILL_THREW',
        durationMs: 1,
      }),
      1,
    ],
    ['a bug', new TypeError('x is not a function'), 1],
    ['something that is no error', 'text', 1],
  ])('is told for %s', (_, error, code) => {
    expect(exitCodes[endingOf(error).outcome]).toBe(code);
  });
});

describe('what is said of an error', () => {
  it('is its sentence and the fields that are wrong', () => {
    const error = answer(422, {
      detail: 'The parameters do not fit.',
      code: 'PARAMS_INVALID',
      problems: [{ path: '/params/a', message: 'is required' }],
    });
    expect(endingOf(error).lines).toEqual(['The parameters do not fit.', '  /params/a is required']);
  });

  it('is one line that points at the help for what was not understood', () => {
    const error = new CommanderError(1, 'commander.unknownOption', "error: unknown option '--a'\n(Did you mean --b?)");
    expect(endingOf(error, 'list').lines).toEqual([
      `unknown option '--a' (Did you mean --b?); see "ihuman list --help"`,
    ]);
    expect(endingOf(error).lines[0]).toContain('see "ihuman --help"');
  });

  it('suggests what is near to what was typed, and nothing else', () => {
    const said = (typed: string, suggested: string) =>
      endingOf(new CommanderError(1, 'commander.unknownCommand', `error: '${typed}'\n(Did you mean ${suggested}?)`))
        .lines;
    expect(said('bogus', 'logout')).toEqual([`'bogus'; see "ihuman --help"`]);
    expect(said('lits', 'one of list, bits')).toEqual([`'lits' (Did you mean list?); see "ihuman --help"`]);
  });

  it('is nothing after Ctrl-C, and after help', () => {
    expect(endingOf(named('ExitPromptError')).lines).toEqual([]);
    expect(endingOf(new CommanderError(0, 'commander.version', '0.1.0')).lines).toEqual([]);
  });
});
