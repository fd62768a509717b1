import { isIP } from 'node:net';

const groupsOfNetwork = 4;
const groupsOfAddress = 8;

/** The /24 or /64 that an address belongs to: a guesser has a whole network of addresses, not one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIP(plain) === 4) return plain.split('.').slice(0, 3).join('.');
  if (isIP(plain) !== 6) return plain;
  const [head = [], tail] = plain.split('::').map(groupsOf);
  const zeros = tail === undefined ? 0 : groupsOfAddress - head.length - tail.length;
  const groups = [...head, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(tail ?? [])];
  return groups.slice(0, groupsOfNetwork).join(':');
}

/** The 16-bit groups of a part of an address, each in its shortest spelling; a dotted end counts as two. */
function groupsOf(part: string): string[] {
  const texts = part.split(':').filter((group) => group !== '');
  return texts.flatMap((group) => (group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)]));
}
