import type { ClientOptions } from './client-options.ts';
import { IhumanClientBase } from './client.ts';
import type { SocketClass } from './realtime.ts';
import { sendBy } from './send.ts';

export * from './exports.ts';

/** A client for browsers. */
export class IhumanClient extends IhumanClientBase {
  constructor(options: ClientOptions = {}) {
    super(options, {
      send: sendBy((url, init) => globalThis.fetch(url, init)),
      socketClass: () => Promise.resolve(globalThis.WebSocket as unknown as SocketClass),
    });
  }
}

export { IhumanClient as default };
