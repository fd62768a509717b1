import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Removes what a crash left in the vault of executions that have ended or never were. At the start, before requests are taken:
 * secrets lie in the vault a moment before the log knows their execution.
 */
export async function forgetOrphanedSecrets(
  vault: Vault,
  executionById: (id: string) => Promise<Pick<ExecutionRow, 'endedAtMs'> | null>,
): Promise<void> {
  for (const executionId of await vault.keys('params')) {
    const row = await executionById(executionId);
    if (row === null || row.endedAtMs !== null) await vault.take('params', executionId);
  }
}
