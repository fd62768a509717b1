import type { ClientOptions } from './client-options.ts';
import { IhumanClientBase } from './client.ts';
import type { SocketClass } from './realtime.ts';

export * from './exports.ts';

/** A client for Node (from 20 on), Deno and Bun. */
export class IhumanClient extends IhumanClientBase {
  constructor(options: ClientOptions = {}) {
    super(options, platformSocket);
  }
}

export { IhumanClient as default };

/** Node has its own only since version 22. */
async function platformSocket(): Promise<SocketClass> {
  const own = globalThis.WebSocket as SocketClass | undefined;
  return own ?? ((await import('ws')).WebSocket as unknown as SocketClass);
}
