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

/** Deno and Bun have a fast one of their own; in Node that of `ws` is faster than the platform's, which Node 20 lacks. */
async function platformSocket(): Promise<SocketClass> {
  if ('Deno' in globalThis || 'Bun' in globalThis) return globalThis.WebSocket as unknown as SocketClass;
  return (await import('ws')).WebSocket as unknown as SocketClass;
}
