/** A request as it goes out. */
export interface Message {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As much of an answer as is needed. */
export interface SentAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
  bytes(): Promise<Uint8Array>;
}

/** Sends a request: the platform's way of doing it. Rejects when there is no answer, or when it is stopped. */
export type Send = (url: string, message: Message, stopper: Stopper) => Promise<SentAnswer>;

/** Ends one attempt of a request. Much lighter than an AbortController, which only `fetch` needs. */
export class Stopper {
  stopped = false;
  #act: (() => void) | null = null;

  stop(): void {
    this.stopped = true;
    this.#act?.();
  }

  /** What stopping does. */
  onStop(act: () => void): void {
    this.#act = act;
    if (this.stopped) act();
  }
}

/** Over `fetch`. */
export function sendBy(platformFetch: typeof fetch): Send {
  return async (url, message, stopper) => {
    const controller = new AbortController();
    stopper.onStop(() => {
      controller.abort();
    });
    const response = await platformFetch(url, { ...message, signal: controller.signal });
    const { ok, status, headers, body } = response;
    return { ok, status, headers, body, bytes: async () => new Uint8Array(await response.arrayBuffer()) };
  };
}
