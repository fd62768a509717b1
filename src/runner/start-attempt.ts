import type { ExecutionRequested } from '../../schemas/generated/events.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Vault } from '../vault/vault.ts';
import { SecretMask } from './mask-secrets.ts';
import type { RunEvents, RunHandle, RunJob, RunOutcome, SkillRunner } from './run-outcome.ts';
import { failedRun } from './skill-errors.ts';

/** Who runs attempts, and where their secret parameters are. */
export interface AttemptDependencies {
  readonly skillRunner: SkillRunner;
  readonly vault: Vault;
}

/**
 * Starts an attempt with the parameters that were asked for. Secret ones come from the vault at the last moment, and what the
 * skill says of them is masked.
 */
export function startAttempt(
  job: Omit<RunJob, 'params'>,
  request: ExecutionRequested,
  events: RunEvents,
  deps: AttemptDependencies,
): RunHandle {
  const params = isJsonObject(request.params) ? request.params : {};
  if (request.secretParams.length > 0) return startWithSecrets({ ...job, params }, events, deps);
  return deps.skillRunner.run({ ...job, params }, events);
}

function startWithSecrets(job: RunJob, events: RunEvents, { vault, skillRunner }: AttemptDependencies): RunHandle {
  let cancelled = false;
  let handle: RunHandle | null = null;
  const run = async (): Promise<RunOutcome> => {
    const secrets = await vault.get('params', job.executionId);
    if (!isJsonObject(secrets)) {
      return failedRun('SECRETS_MISSING', 'The secret parameters are not in the vault of this node any more.', false);
    }
    const mask = new SecretMask(secrets);
    handle = skillRunner.run({ ...job, params: { ...job.params, ...secrets } }, mask.events(events));
    if (cancelled) handle.cancel();
    return mask.outcome(await handle.outcome);
  };
  const cancel = (): void => {
    cancelled = true;
    handle?.cancel();
  };
  return { outcome: run(), cancel };
}
