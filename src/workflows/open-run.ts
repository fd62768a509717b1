import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../kernel/json.ts';

/** A run of a workflow that has not ended, on whichever node it is. */
export type OpenRun = Pick<ExecutionRow, 'id' | 'owner' | 'skill' | 'skillVersion' | 'cause' | 'causeId'> & {
  readonly input: JsonObject;
  /** Some of its input is in the vault. */
  readonly hasSecrets: boolean;
  readonly requestedAtMs: number;
};

export function openRunOf(row: ExecutionRow): OpenRun {
  const { id, owner, skill, skillVersion, cause, causeId, requestedAtMs, paramsJson, secretParamsJson } = row;
  const input = inputOf(JSON.parse(paramsJson) as JsonValue);
  return {
    id,
    owner,
    skill,
    skillVersion,
    cause,
    causeId,
    requestedAtMs,
    input,
    hasSecrets: secretParamsJson !== '[]',
  };
}

export function requestedRun({
  stream: id,
  atMs: requestedAtMs,
  data,
}: Pick<RecordedEvent<'ExecutionRequested'>, 'stream' | 'atMs' | 'data'>): OpenRun {
  const { owner, skill, skillVersion, cause, causeId, params, secretParams } = data;
  const hasSecrets = secretParams.length > 0;
  return { id, owner, skill, skillVersion, cause, causeId, input: inputOf(params), hasSecrets, requestedAtMs };
}

function inputOf(params: JsonValue): JsonObject {
  return isJsonObject(params) ? params : {};
}
