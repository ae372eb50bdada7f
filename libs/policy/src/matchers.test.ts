import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchesAll, parseMatcher } from './matchers.js';

describe('a matcher', () => {
  it.each([
    ['severity="critical"', { label: 'severity', operator: '=', value: 'critical' }],
    ['severity=critical', { label: 'severity', operator: '=', value: 'critical' }],
    [' team != "lab" ', { label: 'team', operator: '!=', value: 'lab' }],
    ['service=~"odoo.*"', { label: 'service', operator: '=~', value: 'odoo.*' }],
    ['service!~"odoo-(web|pos)"', { label: 'service', operator: '!~', value: 'odoo-(web|pos)' }],
    ['empty=""', { label: 'empty', operator: '=', value: '' }],
    ['a="b=c!=d"', { label: 'a', operator: '=', value: 'b=c!=d' }],
    ['a="say \\"no\\""', { label: 'a', operator: '=', value: 'say "no"' }],
    ['a="back\\\\slash"', { label: 'a', operator: '=', value: 'back\\slash' }],
    ['a="two\\nlines"', { label: 'a', operator: '=', value: 'two\nlines' }],
    ['a=~"odoo\\-web"', { label: 'a', operator: '=~', value: 'odoo\\-web' }],
  ])('%s is read', (text, matcher) => {
    expect(parseMatcher(text)).toEqual({ matcher });
  });

  it.each([
    ['severity', 'not a matcher'],
    ['="x"', 'not a matcher'],
    ['1a="x"', 'not a matcher'],
    ['a="x', 'badly quoted'],
    ['a="x\\"', 'badly quoted'],
    ['a="x"y"', 'badly quoted'],
    ['a=x"y', 'badly quoted'],
    ['a=x,b=y', 'badly quoted'],
    ['a=~"("', 'not a regular expression: ( (Unterminated group)'],
  ])('%s is refused', (text, problem) => {
    expect(parseMatcher(text)).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseMatcher(text);
      }),
    );
  });

  it('reads back any value that was quoted', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
        expect(parseMatcher(`label="${quoted}"`)).toEqual({ matcher: { label: 'label', operator: '=', value } });
      }),
    );
  });
});

describe('matchers hold', () => {
  const labels = { severity: 'critical', service: 'odoo-web' };
  it.each([
    [['severity="critical"', 'service=~"odoo.*"'], true, 'where all do'],
    [['severity="critical"', 'service="odoo-pos"'], false, 'not where one does not'],
    [['service=~"web"'], false, 'only where the whole value meets the expression'],
    [['service=~"odoo-web|odoo-pos"'], true, 'with alternatives, anchored as one'],
    [['team=""'], true, 'for an absent label and the empty text'],
    [['team!="lab"'], true, 'for an absent label and another value'],
    [['team!~"lab.*"'], true, 'for an absent label and an expression it does not meet'],
    [['constructor=""'], true, 'for a label that objects have without being asked'],
    [[], true, 'where there are none'],
  ])('%j: %s, %s', (texts, expected) => {
    const matchers = texts.map((text) => (parseMatcher(text) as { matcher: never }).matcher);
    expect(matchesAll(matchers, labels)).toBe(expected);
  });
});
