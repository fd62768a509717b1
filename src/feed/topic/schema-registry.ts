import { eventSchemas } from '../../../schemas/generated/schemas.ts';
import { definitely } from '../../kernel/assert.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RegistryIds } from './feed-record.ts';

/** Where a schema registry is, and how to get in. */
export interface RegistryOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly topic: string;
}

const timeoutMs = 10_000;
const mediaType = 'application/vnd.schemaregistry.v1+json';

/**
 * Registers event schemas in a registry that speaks the API of Confluent's, under `<topic>-<record>`, its
 * TopicRecordNameStrategy: many types share the topic, and each of them evolves by itself. Throws LOG_UNAVAILABLE when the
 * registry does not answer, CONFIG_INVALID when it refuses.
 */
export function registryIds({ url, username, password, topic }: RegistryOptions): NonNullable<RegistryIds> {
  const known = new Map<string, Promise<number>>();
  const register = async (type: string): Promise<number> => {
    const { json } = definitely(
      eventSchemas.find(({ name }) => name === type),
      `${type} has a schema`,
    );
    const record = `ihuman.events.${type}`;
    const subject = encodeURIComponent(`${topic}-${record}`);
    const response = await fetch(`${url.replace(/\/$/, '')}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': mediaType, ...credentials(username, password) },
      body: JSON.stringify({ schema: json }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    }).catch((error: unknown) => {
      throw new AppError('LOG_UNAVAILABLE', {
        message: `The schema registry at ${url} does not answer.`,
        cause: error,
      });
    });
    const answer = (await response.json().catch(() => ({}))) as { readonly id?: unknown; readonly message?: unknown };
    if (response.ok && typeof answer.id === 'number') return answer.id;
    const reason = typeof answer.message === 'string' ? answer.message : `status ${String(response.status)}`;
    throw new AppError('CONFIG_INVALID', { message: `The schema registry at ${url} refuses ${record}: ${reason}.` });
  };
  return (type) => {
    const id = known.get(type) ?? register(type);
    known.set(type, id);
    // Asked again the next time.
    id.catch(() => known.delete(type));
    return id;
  };
}

function credentials(username: string, password: string): Record<string, string> {
  if (username === '') return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
