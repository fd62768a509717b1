import type { queries } from '../../projections/queries.ts';
import type { StoreClient } from './store-client.ts';

type Query = (typeof queries)[keyof typeof queries];
type Rest<Q extends Query> = Q extends (reader: never, ...rest: infer R) => unknown ? R : never;

/** The queries of the read models as calls to the reading thread. */
export type Queries = {
  readonly [Name in keyof typeof queries]: (
    ...args: Rest<(typeof queries)[Name]>
  ) => Promise<ReturnType<(typeof queries)[Name]>>;
};

/** Makes every query of the list callable from the main thread. */
export function createQueries(store: StoreClient): Queries {
  const handler: ProxyHandler<object> = {
    get:
      (_, name) =>
      (...args: readonly unknown[]) =>
        store.read(`query.${String(name)}`, ...args),
  };
  return new Proxy({}, handler) as Queries;
}
