import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Removes what a crash left in the vault of executions that have ended or never were. At the start, before requests are taken:
 * secrets lie in the vault a moment before the log knows their execution. Where other nodes take requests meanwhile, those of
 * which nothing is known yet are left.
 */
export async function forgetOrphanedSecrets(
  vault: Vault,
  { capabilities }: Pick<EventLog, 'capabilities'>,
  executionById: (id: string) => Promise<Pick<ExecutionRow, 'endedAtMs'> | null>,
): Promise<void> {
  for (const executionId of await vault.keys('params')) {
    const row = await executionById(executionId);
    const isOver = row === null ? !capabilities.clustered : row.endedAtMs !== null;
    if (isOver) await vault.take('params', executionId);
  }
}
