import { isIP } from 'node:net';

import { allowsAddress, allowsHost, type EgressPolicy, namesPort } from './policy.ts';
import { isPublicAddress } from './public-address.ts';

/** A URL that may be called, or a sentence for whoever gave it: it never tells what lies behind an address. */
export type CheckedUrl =
  { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly problem: string };

/** A URL as it is called. */
export interface Target {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
}

const maxLength = 2048;
const maxHost = 253;
const usualPorts = new Set([80, 443, 8080, 8443]);
/** Services that speak no HTTP, or none that a stranger should speak to. */
const closedPorts = new Set([
  1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6379, 6443, 7001, 8500,
  8600, 9042, 9092, 9200, 9300, 10_250, 10_255, 11_211, 15_672, 27_017, 50_070,
]);
const innerNames = /\.(localhost|local|internal|localdomain|home\.arpa|lan|corp|test|invalid|onion)$/;

/**
 * Decides whether a webhook may be sent to an address, as far as its text tells; what a name stands for is checked when it is
 * dialled. What is returned is what is to be called: what was checked is what is used.
 */
export function checkUrl(text: string, policy: EgressPolicy): CheckedUrl {
  if (text.length > maxLength) return refuse(`must be at most ${String(maxLength)} characters`);
  const url = URL.parse(text);
  if (url === null) return refuse('must be a URL such as https://example.com/hooks');
  if (url.protocol !== 'https:' && (url.protocol !== 'http:' || policy.httpsOnly))
    return refuse(`must begin with https://${policy.httpsOnly ? '' : ' or http://'}`);
  if (url.username !== '' || url.password !== '') return refuse('must not hold a user name or password');
  if (text.includes('#')) return refuse('must not have a fragment (#…)');
  const problem = placeProblem(url, policy);
  if (problem !== null) return refuse(problem);
  return { ok: true, target: targetOf(url) };
}

/** What of a URL is sent to whom. */
export function targetOf({ origin, pathname, search }: URL): Target {
  return { origin, path: pathname + search };
}

/** The port that a URL names, or the usual one of its protocol. */
export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** The host of a URL, IPv6 without brackets, names without the last dot. */
export function hostOf({ hostname }: URL): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function placeProblem(url: URL, policy: EgressPolicy): string | null {
  const host = hostOf(url);
  const port = portOf(url);
  if (host === '' || host.length > maxHost) return `must have a host of at most ${String(maxHost)} characters`;
  const isOpen = usualPorts.has(port) || (port >= 1024 && !closedPorts.has(port));
  if (!isOpen && !namesPort(policy, host, port)) return `must not use port ${String(port)}`;
  if (isIP(host) !== 0) {
    const isAllowed = isPublicAddress(host) || allowsAddress(policy, host, port);
    return isAllowed ? null : 'must be reachable on the public internet: this address is not';
  }
  if (allowsHost(policy, host, port)) return null;
  if (!host.includes('.') || innerNames.test(`.${host}`))
    return 'must be reachable on the public internet: this name is not';
  return null;
}

function refuse(problem: string): CheckedUrl {
  return { ok: false, problem };
}
