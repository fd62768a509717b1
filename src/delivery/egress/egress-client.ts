import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP } from 'node:net';
import { type Readable } from 'node:stream';
import * as zlib from 'node:zlib';

import { Agent, buildConnector, type Dispatcher } from 'undici';

import { allowsAddress, allowsHost, type EgressPolicy } from './policy.ts';
import { isPublicAddress } from './public-address.ts';
import { type LookupAll, resolveNames } from './resolve-names.ts';
import { retryAfterMs } from './retry-after.ts';

/** Why a request got no answer. */
export type EgressFailure =
  | 'blocked'
  | 'dns_error'
  | 'connection_refused'
  | 'connection_reset'
  | 'network_unreachable'
  | 'timeout'
  | 'tls_error'
  | 'protocol_error'
  | 'unavailable'
  | 'aborted';

/** How a request ended. What is said of a failure is for the owner of the address: it tells nothing of networks. */
export type EgressAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What `Retry-After` asks for; null when it asks for nothing that can be read. */
      readonly retryAfterMs: number | null;
      readonly location: string | null;
      readonly bodyExcerpt: string;
      /** There was more, or it did not come in time. */
      readonly bodyTruncated: boolean;
      readonly durationMs: number;
    }
  | { readonly kind: 'failed'; readonly code: EgressFailure; readonly message: string; readonly durationMs: number };

export interface EgressRequest {
  /** As `checkUrl` returned it. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** For everything: name, connection, TLS, headers and body. */
  readonly deadlineMs: number;
  /** As much of the answer is read, counted after it was decompressed. */
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal;
}

interface EgressOptions {
  readonly policy: EgressPolicy;
  /** Default: `resolveNames`. */
  readonly lookup?: LookupAll;
  /** Default 100. */
  readonly connectionsPerOrigin?: number;
}

const idleMs = 10_000;
const maxHeaderBytes = 32 * 1024;

const messages: Readonly<Record<EgressFailure, string>> = {
  blocked: 'The address is not on the public internet.',
  dns_error: 'The host name could not be resolved.',
  connection_refused: 'The connection was refused.',
  connection_reset: 'The connection was closed before an answer came.',
  network_unreachable: 'The host could not be reached.',
  timeout: 'There was no answer in time.',
  tls_error: 'The TLS connection could not be made: the certificate is not valid, or the protocols do not fit.',
  protocol_error: 'The answer was not valid HTTP.',
  unavailable: 'This node could open no connection.',
  aborted: 'The server is stopping.',
};

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
  async post(request: EgressRequest): Promise<EgressAnswer> {
    const begunMs = performance.now();
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(new DeadlineError());
    }, request.deadlineMs);
    const stop = (): void => {
      deadline.abort(new AbortedError());
    };
    request.signal?.addEventListener('abort', stop, { once: true });
    if (request.signal?.aborted === true) stop();
    try {
      const response = await this.#send(request, deadline.signal);
      const body = await readBody(response, request.maxResponseBytes);
      if (deadline.signal.reason instanceof AbortedError) return failed('aborted', begunMs);
      return {
        kind: 'answered',
        status: response.statusCode,
        retryAfterMs: retryAfterMs(headerOf(response, 'retry-after'), Date.now()),
        location: headerOf(response, 'location'),
        ...body,
        durationMs: performance.now() - begunMs,
      };
    } catch (error) {
      return failed(failureOf(error, deadline.signal), begunMs);
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', stop);
    }
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send({ url, headers, body }: EgressRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const options = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers,
      body,
      signal,
    } as const;
    try {
      return await this.#agent.request(options);
    } catch (error) {
      // The other side closed a connection that had answered before, at the moment it was used again.
      if (signal.aborted || !isStaleConnection(error)) throw error;
      return this.#agent.request(options);
    }
  }
}

class DeadlineError extends Error {}
class AbortedError extends Error {}
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

async function readBody(
  response: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<{ readonly bodyExcerpt: string; readonly bodyTruncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  let bodyTruncated = false;
  const source = decoded(response.body, headerOf(response, 'content-encoding'));
  try {
    for await (const chunk of source) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      bodyTruncated = size > maxBytes;
      if (bodyTruncated) break;
    }
  } catch {
    // The status has come: what is said beside it may be cut off, or be no valid encoding.
    bodyTruncated = true;
  }
  if (bodyTruncated) response.body.on('error', () => undefined).destroy();
  return { bodyExcerpt: Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8'), bodyTruncated };
}

function decoded(body: Readable, encoding: string | null): Readable {
  const decoder = decoderOf(encoding?.trim().toLowerCase() ?? '');
  if (decoder === null) return body;
  body.on('error', (error) => decoder.destroy(error));
  return body.pipe(decoder);
}

function decoderOf(encoding: string) {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      return zlib.createZstdDecompress();
    default:
      return null;
  }
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}

function failed(code: EgressFailure, begunMs: number): EgressAnswer {
  return { kind: 'failed', code, message: messages[code], durationMs: performance.now() - begunMs };
}

function failureOf(error: unknown, signal: AbortSignal): EgressFailure {
  if (signal.aborted) return signal.reason instanceof AbortedError ? 'aborted' : 'timeout';
  const codes = codesOf(error);
  for (const [pattern, failure] of failures) if (codes.some((code) => pattern.test(code))) return failure;
  return 'protocol_error';
}

const failures: readonly (readonly [RegExp, EgressFailure])[] = [
  [/^EGRESS_BLOCKED$/, 'blocked'],
  [/^EGRESS_NAME$/, 'dns_error'],
  [/^(EMFILE|ENFILE|ENOBUFS|ENOMEM)$/, 'unavailable'],
  [/^ECONNREFUSED$/, 'connection_refused'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ECONNABORTED)$/, 'connection_reset'],
  [/^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ENETDOWN)$/, 'network_unreachable'],
  [/^(ETIMEDOUT|UND_ERR_.*TIMEOUT)$/, 'timeout'],
  [/^(ERR_SSL.*|ERR_TLS.*|CERT_.*|DEPTH_ZERO.*|SELF_SIGNED.*|UNABLE_TO_.*|EPROTO|HOSTNAME_MISMATCH)$/, 'tls_error'],
];

/** The code of an error and of those behind it: of several addresses each one has its own. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...own, ...inner, ...codesOf(error.cause)];
}

function isStaleConnection(error: unknown): boolean {
  if (!codesOf(error).some((code) => code === 'UND_ERR_SOCKET' || code === 'ECONNRESET')) return false;
  const socket = error instanceof Error && 'socket' in error ? (error.socket as { bytesRead?: number } | null) : null;
  return (socket?.bytesRead ?? 0) > 0;
}
