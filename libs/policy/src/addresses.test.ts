import { describe, expect, it } from '@jest/globals';
import { type Address, allowedAddress, kindOf } from './addresses.js';

describe('an address', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1::1', 'public'],
    ['100.128.0.1', 'public'],
    ['172.32.0.1', 'public'],
    ['127.0.0.1', 'private'],
    ['127.8.8.8', 'private'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.127.255.255', 'private'],
    ['::1', 'private'],
    ['fd12::1', 'private'],
    ['169.254.169.254', 'never'],
    ['fd00:ec2::254', 'never'],
    ['fe80::1', 'never'],
    ['0.0.0.0', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['192.0.2.1', 'never'],
    ['203.0.113.9', 'never'],
    ['2001:db8::1', 'never'],
    ['ff02::1', 'never'],
    ['::', 'never'],
    ['::ffff:127.0.0.1', 'never'],
    ['::ffff:8.8.8.8', 'never'],
    ['::ffff:7f00:1', 'never'],
    ['::127.0.0.1', 'never'],
    ['64:ff9b::7f00:1', 'never'],
    ['2002:7f00:1::', 'never'],
    ['2001::1', 'never'],
  ])('%s is %s', (address, kind) => {
    expect(kindOf(address)).toBe(kind);
  });
});

describe('a place to call', () => {
  const to =
    (...addresses: string[]) =>
    async (): Promise<readonly Address[]> =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const open = (url: string, allowPrivate: boolean, resolve = to('93.184.216.34')) =>
    allowedAddress(new URL(url), allowPrivate, resolve);

  it.each([
    ['https to a public address', 'https://shop.example/d', false, to('93.184.216.34')],
    ['port 8443', 'https://shop.example:8443/d', false, to('93.184.216.34')],
    ['a private address where the configuration says so', 'https://shop.internal:9000/d', true, to('10.0.0.1')],
    ['plain http to a private address where the configuration says so', 'http://127.0.0.1:3020/d', true, to()],
    ['IPv6 in brackets', 'http://[::1]:3020/d', true, to()],
  ])('is allowed: %s', async (_, url, allowPrivate, resolve) => {
    await expect(open(url, allowPrivate, resolve)).resolves.toHaveProperty('address');
  });

  it.each([
    ['plain http', 'http://shop.example/d', false, to('93.184.216.34'), 'https only'],
    [
      'plain http to a public address, whatever the configuration says',
      'http://shop.example/d',
      true,
      to('93.184.216.34'),
      'plain http to the public address',
    ],
    ['another port', 'https://shop.example:22/d', false, to('93.184.216.34'), 'port 22'],
    ['a private address', 'https://shop.internal/d', false, to('10.0.0.1'), 'not a public address'],
    [
      'a name of which one address is private',
      'https://shop.example/d',
      false,
      to('93.184.216.34', '10.0.0.1'),
      'not a public address',
    ],
    [
      'cloud metadata, whatever the configuration says',
      'http://metadata.internal/d',
      true,
      to('169.254.169.254'),
      'not a public address',
    ],
    ['IPv4 in IPv6', 'https://[::ffff:10.0.0.1]/d', true, to(), 'not a public address'],
    ['a decimal way to write 127.0.0.1', 'https://2130706433/d', false, to(), 'not a public address'],
    ['credentials in the address', 'https://me:secret@shop.example/d', false, to('93.184.216.34'), 'credentials'],
    ['another protocol', 'ftp://shop.example/d', true, to('93.184.216.34'), 'ftp:'],
    ['a name without an address', 'https://shop.example/d', false, to(), 'has no address'],
  ])('is refused: %s', async (_, url, allowPrivate, resolve, why) => {
    await expect(open(url, allowPrivate, resolve)).rejects.toThrow(why);
  });

  it('goes to the address that was looked at', async () => {
    expect(await open('https://shop.example/d', false, to('93.184.216.34', '93.184.216.35'))).toEqual({
      address: '93.184.216.34',
      family: 4,
    });
  });
});
