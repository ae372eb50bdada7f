import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Configuration, SignalSource } from '@parapet/policy';
import { senderOf } from '../../test/outside.js';
import { holderOf, readCertificate } from './certificate.js';

const FINGERPRINT = 'AB:CD:01';
const names = (subjectaltname?: string, CN?: unknown) =>
  readCertificate({ fingerprint256: FINGERPRINT, subject: { CN }, subjectaltname }).names;

describe('the names in a client certificate', () => {
  it.each([
    ['DNS names and URIs', 'DNS:a.example, URI:spiffe://x/y, IP Address:10.0.0.1', 'cn', ['a.example', 'spiffe://x/y']],
    ['the common name where there is no other', undefined, 'cn', ['cn']],
    ['nor where there is only an address', 'IP Address:10.0.0.1', 'cn', ['cn']],
    ['never the common name beside others', 'DNS:a.example', 'cn', ['a.example']],
    ['two common names are none', undefined, ['a', 'b'], []],
    ['nothing', '', undefined, []],
    [
      'a name that looks like two is one',
      String.raw`DNS:"a.example, DNS:admin.example", DNS:b.example`,
      undefined,
      ['a.example, DNS:admin.example', 'b.example'],
    ],
  ])('%s', (_, alternatives, common, expected) => {
    expect(names(alternatives, common)).toEqual(expected);
  });

  it('the fingerprint as openssl and sha256sum print it of the DER', () => {
    const pem = readFileSync(new URL('../../../../test/fixtures/tls/alertmanager.pem', import.meta.url));
    const { fingerprint256, subjectAltName } = new X509Certificate(pem);
    expect(readCertificate({ fingerprint256, subjectaltname: subjectAltName })).toEqual({
      sha256: '2f10033caab6b7a380d6d605514e0cf62e00d85311e237312c80f8c048775cbe',
      names: ['alertmanager.shop.example', 'spiffe://shop.example/alertmanager'],
    });
  });
});

describe('whose certificate it is', () => {
  const source = (name: string, certificates?: SignalSource['certificates']): SignalSource => ({
    ...senderOf('alertmanager').source,
    name,
    ...(certificates === undefined ? {} : { certificates }),
  });
  const configuration = (tenant: string, ...signalSources: SignalSource[]) =>
    ({ tenant: { name: tenant }, signalSources }) as unknown as Configuration;
  const ALL = [
    configuration('acme', source('am', [{ name: 'am.example' }]), source('tokens-only')),
    configuration('other', source('theirs', [{ sha256: 'ab' }]), source('shared', [{ name: 'am.example' }])),
  ];
  const held = (certificate: { sha256: string; names: string[] }, address: string) => {
    const holder = holderOf(ALL, certificate, address);
    return holder === null ? null : `${holder.tenant}/${holder.source.name}`;
  };

  it.each([
    ['by its name', { sha256: 'x', names: ['am.example'] }, 'am', 'acme/am'],
    ['by what it is', { sha256: 'ab', names: [] }, 'theirs', 'other/theirs'],
    ['at another address it stays whose it is', { sha256: 'ab', names: [] }, 'am', 'other/theirs'],
    ['of two holders the one at the address', { sha256: 'x', names: ['am.example'] }, 'shared', 'other/shared'],
    ['nobody’s', { sha256: 'y', names: ['admin.example'] }, 'am', null],
    ['a fingerprint is no name', { sha256: 'x', names: ['ab'] }, 'theirs', null],
    ['a name in other letters is another', { sha256: 'x', names: ['AM.example'] }, 'am', null],
  ])('%s', (_, certificate, address, expected) => {
    expect(held(certificate, address)).toBe(expected);
  });
});
