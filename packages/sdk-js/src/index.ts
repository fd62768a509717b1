import type { ClientOptions } from './client-options.ts';
import { IhumanClientBase } from './client.ts';
import { nodeSend } from './node-send.ts';
import type { SocketClass } from './realtime.ts';
import { sendBy } from './send.ts';

export * from './exports.ts';

/** A client for Node (from 20 on), Deno and Bun. */
export class IhumanClient extends IhumanClientBase {
  constructor(options: ClientOptions = {}) {
    super(options, { send: isNode ? nodeSend() : sendBy((url, init) => globalThis.fetch(url, init)), socketClass });
  }
}

export { IhumanClient as default };

/** Deno and Bun have fast ones of their own. */
const isNode = !('Deno' in globalThis || 'Bun' in globalThis);

/** That of `ws` is faster than Node's own, which Node 20 lacks. */
async function socketClass(): Promise<SocketClass> {
  return (isNode ? (await import('ws')).WebSocket : globalThis.WebSocket) as unknown as SocketClass;
}
