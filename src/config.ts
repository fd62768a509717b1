import { closest } from './kernel/closest.ts';
import { AppError, type Problem } from './kernel/errors.ts';
import type { AnySetting, Config } from './setting.ts';
import { settings } from './settings.ts';

/** The environment variable of a setting. */
export function variableOf(setting: { readonly name: string }): string {
  return `IHUMAN_${setting.name}`;
}

/** The flag of a setting. */
export function flagOf(setting: { readonly name: string }): string {
  return `--${setting.name.toLowerCase().replaceAll('_', '-')}`;
}

/** Variables with our prefix that are the command line's, not settings of the server. */
const reserved = new Set(['IHUMAN_TOKEN', 'IHUMAN_URL', 'IHUMAN_DEBUG']);

/**
 * The settings from flags, environment and defaults, in this order.
 * Throws CONFIG_INVALID that names every unknown setting and every bad value.
 */
export function readConfig(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const problems: Problem[] = [];
  const given = parseFlags(flags, problems);
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('IHUMAN_') || reserved.has(variable) || variable.startsWith('IHUMAN_TEST_')) continue;
    if (!settings.some((setting) => variableOf(setting) === variable)) {
      problems.push({ path: variable, message: `is not a setting${suggestion(variable, settings.map(variableOf))}` });
    }
  }
  const entries = settings.map((setting) => [setting.key, valueOf(setting, given, environment, problems)]);
  problems.push(...contradictions(Object.fromEntries(entries) as Config));
  if (problems.length > 0) {
    const lines = problems.map(({ path, message }) => `${path} ${message}`);
    throw new AppError('CONFIG_INVALID', { problems, message: `${lines.join('; ')} (see --help)` });
  }
  return Object.freeze(Object.fromEntries(entries) as unknown as Config);
}

/** Values that are good by themselves and not together. */
function contradictions({ log, roles, ...kafka }: Config): Problem[] {
  const problems: Problem[] = [];
  if (log === 'embedded' && roles !== null && !(roles.has('api') && roles.has('runner'))) {
    const message = 'needs both roles on the embedded log, whose one node does everything';
    problems.push({ path: 'IHUMAN_ROLES', message });
  }
  if (log === 'kafka' && kafka.kafkaSasl !== 'none' && kafka.kafkaSasl !== null) {
    const message = 'is needed to sign in at the brokers (IHUMAN_KAFKA_SASL)';
    if (kafka.kafkaUsername === '') problems.push({ path: 'IHUMAN_KAFKA_USERNAME', message });
    if (kafka.kafkaPassword === '') problems.push({ path: 'IHUMAN_KAFKA_PASSWORD', message });
  }
  return problems;
}

function valueOf(
  setting: AnySetting,
  flags: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): unknown {
  const fromFlag = flags.get(flagOf(setting));
  const text = fromFlag ?? environment[variableOf(setting)] ?? setting.default;
  const value = setting.parse(text);
  if (value === null) {
    const path = fromFlag === undefined ? variableOf(setting) : flagOf(setting);
    const shown = setting.secret === true ? 'not shown here' : JSON.stringify(text);
    problems.push({ path, message: `is ${shown}, but must be ${setting.expects}` });
  }
  return value;
}

function parseFlags(flags: readonly string[], problems: Problem[]): Map<string, string> {
  const given = new Map<string, string>();
  const known = settings.map(flagOf);
  for (let i = 0; i < flags.length; i++) {
    const [name = '', ...rest] = (flags[i] ?? '').split('=');
    if (!known.includes(name)) {
      problems.push({ path: name, message: `is not a flag${suggestion(name, known)}` });
      continue;
    }
    const value = rest.length > 0 ? rest.join('=') : flags[++i];
    if (value === undefined) problems.push({ path: name, message: 'needs a value' });
    else given.set(name, value);
  }
  return given;
}

function suggestion(name: string, known: readonly string[]): string {
  const near = closest(name, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** What `--help` prints. */
export function helpText(): string {
  const rows = settings.map((setting) => {
    const fallback = setting.default === '' ? '' : ` (default ${setting.default})`;
    return `  ${flagOf(setting).padEnd(28)}${variableOf(setting)}${fallback}\n      ${setting.doc}`;
  });
  return `Usage: npm start -- [--flag value …]\n\nEach setting is a flag or an environment variable; flags win.\n\n${rows.join('\n')}\n`;
}
