import { flagOf, variableOf } from '../../src/config.ts';
import { settings } from '../../src/settings.ts';
import { errorTable } from '../../src/kernel/errors.ts';
import { metrics } from '../../src/metric-table.ts';

/** The page of settings, from the one table of them. */
export function configurationPage(): string {
  const rows = settings.map((setting) => {
    const fallback = setting.default === '' ? 'none' : `\`${setting.default}\``;
    return `| \`${flagOf(setting)}\` | \`${variableOf(setting)}\` | ${fallback} | ${setting.expects} | ${setting.doc} |`;
  });
  return [
    '# Settings\n',
    'Written by `npm run generate` from `src/settings.ts`. Flags win over the environment, the environment over the defaults. An unknown `IHUMAN_…` variable, an unknown flag or a bad value stops the start.\n',
    '| flag | variable | default | takes | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The page of error codes, from the one table of them. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([code, { http, retry, message }]) => {
    return `| <a id="${code}"></a>${code} | ${String(http)} | ${retry} | ${message} |`;
  });
  return [
    '# Error codes\n',
    'Written by `npm run generate` from `src/kernel/errors.ts`. Every error that the HTTP API answers is a Problem Details object (RFC 9457) with one of these codes. A code keeps its meaning for ever. `later` means that the same request may succeed when it is repeated after a while. The header `x-request-id` names the request; what went wrong inside the server stands under this name in its log.\n',
    '| code | status | repeat | meaning |',
    '| --- | ---: | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The page of metrics, from the one table of them. */
export function metricsPage(): string {
  const rows = metrics.map(({ name, type, label, on, help }) => {
    const unique = label === undefined ? '' : `\`${label}\``;
    return `| \`${name}\` | ${type} | ${unique} | ${on} | ${help} |`;
  });
  return [
    '# Metrics\n',
    'Written by `npm run generate` from `src/metric-table.ts`. `GET /metrics` answers them in the text format of Prometheus, to administrators: an API key with the scope `admin` does. Every node tells its own; counters begin at 0 with each start. A histogram has `_bucket`, `_sum` and `_count`. Beside these are the usual `process_…` and `nodejs_…` of the Node client library.\n',
    '[Monitoring](../../infra/monitoring/README.md) has a dashboard and alerts on them.\n',
    '| metric | type | label | on | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
