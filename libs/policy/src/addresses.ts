import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** An address that a connection may go to. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A request that must not leave: to an address or in a way that nobody allowed (interfaces 16). */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

const PRIVATE = blockList([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
]);

/** Never called, whatever the operator allows: cloud metadata is at link-local addresses, the others are nobody's. */
const NEVER = {
  ipv4: blockList([
    ['0.0.0.0', 8],
    ['169.254.0.0', 16],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ]),
  // Apart from IPv4: a BlockList takes an IPv4 address for its mapped form, and all of those are refused here.
  ipv6: blockList([
    ['::', 128],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
    ['2001:db8::', 32],
    ['3fff::', 20],
    ['100::', 64],
    ['fd00:ec2::', 32],
    // IPv4 inside IPv6 in any form: mapped, compatible, translated, 6to4, Teredo.
    ['::ffff:0:0', 96],
    ['::', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['2002::', 16],
    ['2001::', 32],
  ]),
};

const PORTS = new Set(['', '443', '8443']);

/** What an address is: `never` is refused even where private ones are allowed. */
export function kindOf(address: string): 'public' | 'private' | 'never' {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  // BlockList judges a mapped address as the IPv4 that it holds; as a destination it is refused before that.
  if (family === 'ipv6' && /^::ffff:/i.test(address)) return 'never';
  if (PRIVATE.check(address, family) && !/^fd00:0?ec2:/i.test(address)) return 'private';
  return NEVER[family].check(address, family) ? 'never' : 'public';
}

/** Refuses an address of the web that must not be called, without asking for its name yet. */
export function checkUrl(url: URL, allowPrivate: boolean): void {
  const isKnown = url.protocol === 'https:' || (url.protocol === 'http:' && allowPrivate);
  if (!isKnown)
    throw new AddressRefused(
      `${url.protocol}// is refused: https only${url.protocol === 'http:' ? ', unless allowPrivate is set' : ''}`,
    );
  if (url.username !== '' || url.password !== '') throw new AddressRefused('credentials in the address are refused');
  if (!allowPrivate && !PORTS.has(url.port))
    throw new AddressRefused(`port ${url.port} is refused: 443 and 8443 only, unless allowPrivate is set`);
}

/**
 * Resolves a name once and answers the address to connect to; every address of the name must be allowed.
 * @param resolve all addresses of a name; the system's resolver unless a test gives its own
 */
export async function allowedAddress(
  url: URL,
  allowPrivate: boolean,
  resolve: (name: string) => Promise<readonly Address[]> = resolveAll,
): Promise<Address> {
  checkUrl(url, allowPrivate);
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const literal = isIP(name);
  const addresses: readonly Address[] =
    literal === 0 ? await resolve(name) : [{ address: name, family: literal as 4 | 6 }];
  const [first] = addresses;
  if (first === undefined) throw new AddressRefused(`${name} has no address`);
  for (const { address } of addresses) {
    const kind = kindOf(address);
    const isAllowed = kind === 'public' || (kind === 'private' && allowPrivate);
    if (!isAllowed) throw new AddressRefused(`${name} leads to ${address}, which is not a public address`);
    if (kind === 'public' && url.protocol === 'http:')
      throw new AddressRefused(`plain http to the public address ${address} is refused`);
  }
  return first;
}

async function resolveAll(name: string): Promise<readonly Address[]> {
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family as 4 | 6 }));
}

function blockList(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
