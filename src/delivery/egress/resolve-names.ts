import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { Resolver } from 'node:dns/promises';

import type { EgressPolicy } from './policy.ts';

/** Gives all addresses of a host name, as `dns.lookup` does with `all`. */
export type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** How long a name server is waited for, and how often each is asked. */
const asking = { timeout: 1500, tries: 3 } as const;
/** What a name server says of a name that it has no addresses of. */
const unknown = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks name servers directly. The system's own look-up takes one of a few threads until it is answered: a handful of names whose servers
 * are silent would keep everybody else waiting. It is asked only for what an operator has allowed beyond the public internet, which may
 * stand in the hosts file of this machine alone.
 *
 * `nameServers` (`address:port`): default those of the system.
 */
export function resolveNames({ allow }: EgressPolicy, nameServers?: readonly string[]): LookupAll {
  return (hostname, options, callback) => {
    if (allow.some(({ host }) => host === hostname.toLowerCase().replace(/\.$/, ''))) {
      systemLookup(hostname, options, callback);
      return;
    }
    void addressesOf(hostname, nameServers).then(({ addresses, error }) => {
      const isKnownHere = allow.length > 0 && error !== null && unknown.has(error.code ?? '');
      if (addresses.length > 0) callback(null, addresses);
      else if (isKnownHere) systemLookup(hostname, options, callback);
      else callback(error, []);
    });
  };
}

async function addressesOf(
  hostname: string,
  nameServers: readonly string[] | undefined,
): Promise<{ readonly addresses: LookupAddress[]; readonly error: NodeJS.ErrnoException | null }> {
  // One for each question: it reads which servers there are when it is made, and they can change.
  const resolver = new Resolver(asking);
  if (nameServers !== undefined) resolver.setServers(nameServers);
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = [
    ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
  ];
  return { addresses, error: v4.status === 'rejected' ? (v4.reason as NodeJS.ErrnoException) : null };
}
