import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NotExposition, readExposition } from './exposition.js';

const WANTED = new Set(['m', 'n_bucket']);
const read = (page: string) => readExposition(page, WANTED);

describe('a metrics page', () => {
  it.each<[string, string, ReturnType<typeof read>]>([
    ['a value without labels', 'm 3', [{ metric: 'm', labels: {}, value: 3 }]],
    ['labels', 'm{a="1",b="two words"} 3.5e+2', [{ metric: 'm', labels: { a: '1', b: 'two words' }, value: 350 }]],
    [
      'no labels in braces, and a last comma',
      'm{} 1\nm{a="1",} 2',
      [
        { metric: 'm', labels: {}, value: 1 },
        { metric: 'm', labels: { a: '1' }, value: 2 },
      ],
    ],
    ['what is escaped', 'm{a="\\\\ \\" \\n"} 1', [{ metric: 'm', labels: { a: '\\ " \n' }, value: 1 }]],
    [
      'braces, commas and equals signs inside a label',
      'm{a="}{,="} 1',
      [{ metric: 'm', labels: { a: '}{,=' }, value: 1 }],
    ],
    [
      'infinity and no number',
      'm +Inf\nm -Inf\nm NaN',
      [
        { metric: 'm', labels: {}, value: Number.POSITIVE_INFINITY },
        { metric: 'm', labels: {}, value: Number.NEGATIVE_INFINITY },
        { metric: 'm', labels: {}, value: Number.NaN },
      ],
    ],
    [
      'a timestamp, which is passed over, and spaces',
      'm { a = "1" }  2  1789462800000\r',
      [{ metric: 'm', labels: { a: '1' }, value: 2 }],
    ],
    [
      'only what is wanted: no comment, no other metric, none whose name only begins alike',
      '# m 1\nmore 2\nm_total 3\nx{ nonsense\n\nm 4',
      [{ metric: 'm', labels: {}, value: 4 }],
    ],
  ])('reads %s', (_, page, lines) => {
    expect(read(page)).toEqual(lines);
  });

  it.each([
    ['no value', 'm'],
    ['a value that is none', 'm three'],
    ['a hexadecimal value', 'm 0x10'],
    ['something after the timestamp', 'm 1 2 3'],
    ['a label without a value', 'm{a} 1'],
    ['a label without quotes', 'm{a=1} 1'],
    ['a label twice', 'm{a="1",a="2"} 1'],
    ['braces that do not end', 'm{a="1"'],
    ['a quotation that does not end', 'm{a="1} 1'],
    ['too many labels', `m{${Array.from({ length: 65 }, (__, i) => `l${i}=""`).join(',')}} 1`],
  ])('refuses a wanted line with %s: leaving it out would be a smaller count', (_, page) => {
    expect(() => read(page)).toThrow(NotExposition);
  });

  it('gives back what was written', () => {
    const labels = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string());
    const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    fc.assert(
      fc.property(labels, fc.double({ noNaN: true, noDefaultInfinity: true }), (names, value) => {
        const clean = Object.fromEntries(Object.entries(names).filter(([, text]) => !text.includes('\r')));
        const text = Object.entries(clean).map(([name, is]) => `${name}="${escaped(is)}"`);
        expect(read(`m{${text.join(',')}} ${value}\n`)).toEqual([{ metric: 'm', labels: clean, value: value + 0 }]);
      }),
    );
  });

  it('ends in lines or in a refusal, whatever stands there', () => {
    const piece = fc.constantFrom('m', '{', '}', 'a', '=', '"', '\\', ',', ' ', '1', '\n', 'NaN', '#');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          expect(read(pieces.join('')).every(({ metric }) => WANTED.has(metric))).toBe(true);
        } catch (error) {
          if (!(error instanceof NotExposition)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
