import { describe, expect, test } from '@jest/globals';
import { failureOf } from './read-only-database.js';
import { bind } from './bind.js';

describe('parameters', () => {
  test('are numbered once each and never enter the text; casts are left alone', () => {
    expect(bind('SELECT :a::numeric, :b, :a', { a: 1, b: "'; DROP" })).toEqual({
      text: 'SELECT $1::numeric, $2, $1',
      values: [1, "'; DROP"],
    });
  });
  test('that have no value throw', () => {
    expect(() => bind('SELECT :a', {})).toThrow('no value for :a');
  });
});

describe('why there is no number', () => {
  test.each([
    ['57014', 'canceling statement due to statement timeout', 'timeout'],
    ['40001', 'canceling statement due to conflict with recovery', 'standby-conflict'],
    ['42P01', 'relation "pos_order" does not exist', 'missing'],
    ['42501', 'permission denied for table pos_order', 'refused'],
    ['28P01', 'password authentication failed', 'refused'],
    ['57P01', 'terminating connection due to administrator command', 'unreachable'],
    ['53300', 'too many clients already', 'unreachable'],
    ['ECONNREFUSED', 'connect ECONNREFUSED', 'unreachable'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN replica.example.test', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'unreachable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'unreachable'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'unreachable'],
    ['ERR_INVALID_URL', 'Invalid URL', 'refused'],
    ['ERR_INVALID_ARG_TYPE', 'The argument must be of type string', 'defect'],
    ['', 'Connection terminated unexpectedly', 'unreachable'],
    ['', 'Query read timeout', 'timeout'],
    ['22012', 'division by zero', 'defect'],
  ])('%s %s is %s', (code, message, reason) => {
    expect(failureOf(Object.assign(new Error(message), { code })).reason).toBe(reason);
  });
});
