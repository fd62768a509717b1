import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP } from 'node:net';

import { Agent, buildConnector } from 'undici';

import { type EgressAnswer, type EgressRequest, Exchange } from './exchange.ts';
import { allowsAddress, allowsHost, type EgressPolicy } from './policy.ts';
import { isPublicAddress } from './public-address.ts';
import { type LookupAll, resolveNames } from './resolve-names.ts';

interface EgressOptions {
  readonly policy: EgressPolicy;
  /** Default: `resolveNames`. */
  readonly lookup?: LookupAll;
  /** Default 100. */
  readonly connectionsPerOrigin?: number;
}

const idleMs = 10_000;
const maxHeaderBytes = 32 * 1024;

/**
 * Sends requests to addresses that other people chose. Nothing but vetted addresses is dialled: literals are checked before the
 * connection, names by the answer that is then connected to, every address of it. Redirects are not followed, no proxy is asked, no
 * cookie kept.
 */
export class EgressClient {
  readonly #agent: Agent;

  constructor({ policy, lookup = resolveNames(policy), connectionsPerOrigin = 100 }: EgressOptions) {
    this.#agent = new Agent({
      connect: guardedConnector(policy, lookup),
      connections: connectionsPerOrigin,
      pipelining: 1,
      keepAliveTimeout: idleMs,
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
  }

  /** Resolves with the answer or the failure; never rejects for what the other side does. */
  post(request: EgressRequest): Promise<EgressAnswer> {
    const { target, headers, body } = request;
    const { origin, path } = target;
    const { promise, resolve } = Promise.withResolvers<EgressAnswer>();
    const options = { origin, path, method: 'POST', headers, body } as const;
    const send = (): void => {
      this.#agent.dispatch(options, exchange);
    };
    const exchange = new Exchange(request, send, resolve);
    send();
    return promise;
  }

  /** Sends nothing any more. What is under way fails as `aborted`, unless the status of its answer has come. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

class BlockedError extends Error {
  readonly code = 'EGRESS_BLOCKED';
}
class NameError extends Error {
  readonly code = 'EGRESS_NAME';
}

function guardedConnector(policy: EgressPolicy, lookup: LookupAll): buildConnector.connector {
  const connectors = new Map<string, buildConnector.connector>();
  const connectorOf = (port: number): buildConnector.connector => {
    const known = connectors.get(String(port));
    if (known !== undefined) return known;
    // Node's types know only the form of a look-up that gives one address; with `all` it gives a list.
    const guarded = guardedLookup(policy, lookup, port) as never;
    const made = buildConnector({ lookup: guarded, timeout: 0, allowH2: false, maxCachedSessions: 1000 });
    connectors.set(String(port), made);
    return made;
  };
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const port = Number(options.port === '' ? (options.protocol === 'https:' ? 443 : 80) : options.port);
    const isOpen = isIP(host) === 0 || isPublicAddress(host) || allowsAddress(policy, host, port);
    if (isOpen && !options.socketPath) connectorOf(port)(options, callback);
    else callback(new BlockedError(), null);
  };
}

/** One look-up, whose whole answer has to be good: what is checked is what is dialled. */
function guardedLookup(policy: EgressPolicy, lookup: LookupAll, port: number) {
  return (
    hostname: string,
    options: LookupAllOptions & { readonly all?: boolean },
    callback: (error: Error | null, address?: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(new NameError('The name was not resolved.', { cause: error }));
        return;
      }
      const isOpen = ({ address }: LookupAddress): boolean =>
        isPublicAddress(address) || allowsAddress(policy, address, port);
      const [first] = addresses;
      const name = hostname.toLowerCase().replace(/\.$/, '');
      if (first === undefined || !(allowsHost(policy, name, port) || addresses.every(isOpen)))
        callback(new BlockedError());
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
