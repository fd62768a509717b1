import { isIP } from 'node:net';

import type { Parse, Role } from './setting.ts';

/** A whole number within bounds. */
export const whole = (min: number, max: number): Parse<number> => {
  return (text) => (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null);
};
/** One of some words. */
export const oneOf = <T extends string>(...allowed: readonly T[]): Parse<T> => {
  return (text) => allowed.find((value) => value === text) ?? null;
};
/** The values, when each of them is good. */
export const all = <T>(values: readonly T[], isGood: (value: T) => boolean): readonly T[] | null =>
  values.every(isGood) ? values : null;
/** What commas separate; nothing empty. */
export const texts = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
/** Networks that have a name. */
export const namedNetworks = ['loopback', 'linklocal', 'uniquelocal'];
/** An address, a network as address/bits, or the name of one. */
export const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return namedNetworks.includes(text);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
};
const isRole = (text: string): text is Role => text === 'api' || text === 'runner';
/** True for 32 bytes in base64. */
export const isKey = (text: string): boolean => /^[A-Za-z0-9+/]{43}=$/.test(text);
/** true or false. */
export const flag: Parse<boolean> = (text) => (text === 'true' ? true : text === 'false' ? false : null);
/** Whatever is given. */
export const anyText = (text: string): string => text;
/** One role or several. */
export const rolesIn: Parse<ReadonlySet<Role>> = (text) => {
  const roles = texts(text);
  return roles.length > 0 && roles.every(isRole) ? new Set(roles) : null;
};
