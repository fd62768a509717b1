import ipaddr from 'ipaddr.js';

import { isIn, parseAddress } from './public-address.ts';

/** Something beyond the public internet that may be called. */
export interface AllowedTarget {
  /** A network, or null for a host name. */
  readonly network: readonly [ipaddr.IPv4 | ipaddr.IPv6, number] | null;
  readonly host: string | null;
  /** Null: every port that is allowed anyway. */
  readonly port: number | null;
}

/** Where requests to addresses of other people may go. */
export interface EgressPolicy {
  readonly httpsOnly: boolean;
  readonly allow: readonly AllowedTarget[];
}

/** Reads an allow-list: networks (`10.1.0.0/16`), addresses and host names, each with `:port` or without. */
export function parseAllowList(
  entries: readonly string[],
):
  { readonly ok: true; readonly targets: readonly AllowedTarget[] } | { readonly ok: false; readonly problem: string } {
  const targets: AllowedTarget[] = [];
  for (const entry of entries) {
    const target = parseTarget(entry);
    if (target === null) return { ok: false, problem: `${entry} is no network, address or host name` };
    targets.push(target);
  }
  return { ok: true, targets };
}

function parseTarget(entry: string): AllowedTarget | null {
  const [, place = '', portText] = /^(\[[^\]]+\]|[^:]+|.*:.*:.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  const bare = place.replace(/^\[|\]$/g, '');
  if (ipaddr.isValidCIDR(bare)) return { network: ipaddr.parseCIDR(bare), host: null, port };
  const address = parseAddress(bare);
  if (address !== null) return { network: [address, address.kind() === 'ipv4' ? 32 : 128], host: null, port };
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(bare) || /^[\d.]+$/.test(bare)) return null;
  return { network: null, host: bare.toLowerCase(), port };
}

/** True when an address and port are on the list. */
export function allowsAddress({ allow }: EgressPolicy, text: string, port: number): boolean {
  const address = parseAddress(text);
  if (address === null) return false;
  return allow.some((target) => target.network !== null && isIn(address, [target.network]) && isPort(target, port));
}

/** True when a host name and port are on the list: what it stands for does not matter then. */
export function allowsHost({ allow }: EgressPolicy, host: string, port: number): boolean {
  return allow.some((target) => target.host === host && isPort(target, port));
}

/** True when the list names this very port of the host or address. */
export function namesPort(policy: EgressPolicy, host: string, port: number): boolean {
  const named = { ...policy, allow: policy.allow.filter((target) => target.port === port) };
  return allowsHost(named, host, port) || allowsAddress(named, host, port);
}

function isPort(target: AllowedTarget, port: number): boolean {
  return target.port === null || target.port === port;
}
