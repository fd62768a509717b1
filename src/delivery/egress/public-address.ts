import ipaddr from 'ipaddr.js';

/** IPv4 that `ipaddr.js` calls unicast and that is nobody's public server: the host of a large cloud among it. */
const specialV4 = networks(['168.63.129.16/32', '192.0.0.0/24', '192.88.99.0/24', '100.64.0.0/10']);

/** IPv6 is public inside 2000::/3 only, and there not for documentation, tunnels and benchmarks. */
const globalV6 = networks(['2000::/3']);
const specialV6 = networks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '64:ff9b::/96', '64:ff9b:1::/48']);

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

function networks(texts: readonly string[]): readonly Network[] {
  return texts.map((text) => ipaddr.parseCIDR(text));
}

/** True when an address lies in one of the networks. */
export function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, among: readonly Network[]): boolean {
  return among.some(
    (network) => network[0].kind() === address.kind() && address.match(network as [ipaddr.IPv6, number]),
  );
}

/**
 * True when an IP address can belong to a server of the public internet: not private, loopback, link-local, shared, multicast,
 * reserved, for documentation, or an IPv6 spelling or tunnel of IPv4. What is no address is not public. Ranges: the special-purpose
 * registries of IANA.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === null) return false;
  if (address.kind() === 'ipv4') return address.range() === 'unicast' && !isIn(address, specialV4);
  return address.range() === 'unicast' && isIn(address, globalV6) && !isIn(address, specialV6);
}

/** An address, IPv4 in IPv6 clothes (`::ffff:1.2.3.4`) taken out of them; null when it is none. */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // Zones name an interface of this machine, and shortened IPv4 is no address but a trick.
  if (text.includes('%') || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text))) return null;
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}
