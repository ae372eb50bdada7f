import { describe, expect, it } from '@jest/globals';
import { asyncApiDocument } from '@parapet/contracts';
import { stringify } from 'yaml';
import { golden } from '@parapet/testkit';

describe('docs/asyncapi.yaml', () => {
  it('says what the code sends', () => {
    const head = '# Generated from proto/ by `npm run golden`; do not edit.\n';
    const document = head + stringify(asyncApiDocument('1.0.0'), { aliasDuplicateObjects: false, lineWidth: 120 });
    expect(document).toBe(golden(new URL('../../docs/asyncapi.yaml', import.meta.url), document));
  });
});
