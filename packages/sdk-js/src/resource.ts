import type { CallOptions, HttpClient, HttpRequest } from './http.ts';
import type { Page } from './types.ts';

/** A part of an address. */
export function at(name: string, rest = ''): string {
  return `/${encodeURIComponent(name)}${rest}`;
}

/** Requests below one address. */
export class Resource {
  readonly #http: HttpClient;
  readonly #root: string;

  constructor(http: HttpClient, root: string) {
    this.#http = http;
    this.#root = root;
  }

  get<T>(rest: string, call: CallOptions, query = {}): Promise<T> {
    return this.#http.request<T>({ ...call, path: this.#root + rest, query });
  }

  /** A page of what is called `name` in the answer. */
  async list<T>(name: string, rest: string, query: object, call: CallOptions): Promise<Page<T>> {
    const { [name]: items, ...about } = await this.get<Record<string, unknown>>(rest, call, query);
    const page = Array.isArray(items) ? items : [];
    for (const [key, value] of Object.entries(about)) Object.defineProperty(page, key, { value });
    return page as unknown as Page<T>;
  }

  /** POST, unless another method is named. */
  send<T>(rest: string, body: unknown, call: CallOptions, method: HttpRequest['method'] = 'POST'): Promise<T> {
    return this.#http.request<T>({ ...call, method, path: this.#root + rest, body });
  }

  /** A POST that makes something: its repetition makes it once. */
  create<T>(rest: string, body: unknown, call: CallOptions): Promise<T> {
    return this.send<T>(rest, body, { ...call, creates: true } as CallOptions);
  }

  /** A POST that leads to the same when it is repeated. */
  settle<T>(rest: string, body: unknown, call: CallOptions): Promise<T> {
    return this.send<T>(rest, body, { ...call, harmless: true } as CallOptions);
  }
}
