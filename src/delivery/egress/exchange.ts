import * as zlib from 'node:zlib';

import type { Dispatcher } from 'undici';

import type { Target } from './check-url.ts';
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
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** For everything: name, connection, TLS, headers and body. */
  readonly deadlineMs: number;
  /** As much of the answer is read, counted after it was decompressed. */
  readonly maxResponseBytes: number;
}

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

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

interface Response {
  readonly status: number;
  readonly headers: Headers;
  /** Null when the body is not compressed. */
  readonly decoder: Decoder | null;
}

/**
 * One request on its way and what comes back, as undici tells of it. Ends once: with the answer as far as it came, when its status
 * did, or with a failure.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #begunMs = performance.now();
  readonly #maxBytes: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onEnd: (answer: EgressAnswer) => void;
  /** Sends it once more; null when that was done. */
  #again: (() => void) | null;
  #controller: Dispatcher.DispatchController | null = null;
  #response: Response | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  constructor(
    { deadlineMs, maxResponseBytes }: Pick<EgressRequest, 'deadlineMs' | 'maxResponseBytes'>,
    again: () => void,
    onEnd: (answer: EgressAnswer) => void,
  ) {
    this.#maxBytes = maxResponseBytes;
    this.#again = again;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(() => {
      this.#stop('timeout');
    }, deadlineMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new StoppedError());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    const decoder = decoderOf(headerOf(headers, 'content-encoding')?.trim().toLowerCase() ?? '');
    this.#response = { status, headers, decoder };
    decoder?.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    decoder?.once('end', () => {
      this.#answered(false);
    });
    // The status has come: what is said beside it may be cut off, or be no valid encoding.
    decoder?.on('error', () => {
      this.#stop('protocol_error');
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    const decoder = this.#response?.decoder ?? null;
    if (decoder === null) this.#take(chunk);
    else if (!decoder.write(chunk)) {
      controller.pause();
      decoder.once('drain', () => {
        controller.resume();
      });
    }
  }

  onResponseEnd(): void {
    const decoder = this.#response?.decoder ?? null;
    if (decoder === null) this.#answered(false);
    else decoder.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#ended) return;
    const again = this.#again;
    this.#again = null;
    this.#controller = null;
    // The other side closed a connection that had answered before, at the moment it was used again.
    if (this.#response === null && again !== null && isStaleConnection(error)) again();
    else this.#stop(failureOf(error));
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#stop('protocol_error');
  }

  /** No more comes. What has come counts when the status is among it. */
  #stop(code: EgressFailure): void {
    if (this.#ended) return;
    if (this.#response === null)
      this.#end({ kind: 'failed', code, message: messages[code], durationMs: this.#lastedMs });
    else this.#answered(true);
    this.#response?.decoder?.destroy();
    this.#controller?.abort(new StoppedError());
  }

  #answered(bodyTruncated: boolean): void {
    if (this.#response === null) return;
    const { status, headers } = this.#response;
    this.#end({
      kind: 'answered',
      status,
      retryAfterMs: retryAfterMs(headerOf(headers, 'retry-after'), Date.now()),
      location: headerOf(headers, 'location'),
      bodyExcerpt: Buffer.concat(this.#chunks).subarray(0, this.#maxBytes).toString('utf8'),
      bodyTruncated,
      durationMs: this.#lastedMs,
    });
  }

  #end(answer: EgressAnswer): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#onEnd(answer);
  }

  get #lastedMs(): number {
    return performance.now() - this.#begunMs;
  }
}

class StoppedError extends Error {}

type Decoder = NonNullable<ReturnType<typeof decoderOf>>;

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

function headerOf(headers: Headers, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}

function failureOf(error: Error): EgressFailure {
  const codes = codesOf(error);
  for (const [pattern, failure] of failures) if (codes.some((code) => pattern.test(code))) return failure;
  return 'protocol_error';
}

const failures: readonly (readonly [RegExp, EgressFailure])[] = [
  [/^EGRESS_BLOCKED$/, 'blocked'],
  [/^EGRESS_NAME$/, 'dns_error'],
  [/^UND_ERR_DESTROYED$/, 'aborted'],
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
