import { describe, expect, it } from 'vitest';

import { networkOf } from '../../../src/auth/network.ts';

describe('networkOf', () => {
  it('is the /24 of an IPv4 address, in its mapped spelling too', () => {
    expect(networkOf('192.0.2.1')).toBe(networkOf('192.0.2.254'));
    expect(networkOf('::ffff:192.0.2.1')).toBe(networkOf('192.0.2.9'));
    expect(networkOf('192.0.2.1')).not.toBe(networkOf('192.0.3.1'));
  });

  it('is the /64 of an IPv6 address, however it is spelled', () => {
    const same = [
      '2001:db8::1',
      '2001:DB8::2',
      '2001:0db8:0:0:ffff::',
      '2001:db8:0:0:1:2:3:4',
      '2001:db8::1.2.3.4',
      '2001:db8::1%eth0',
    ];
    expect(new Set(same.map(networkOf)).size).toBe(1);
    expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8::1'));
    expect(networkOf('::1')).toBe('0:0:0:0');
  });

  it('is the text itself for what is no address', () => {
    for (const text of ['', 'unix', '::::', '1.2.3']) expect(networkOf(text)).toBe(text);
  });
});
