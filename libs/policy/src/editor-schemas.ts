import { z } from 'zod';
import { documentSchema, type Kind, KINDS } from './schema/kinds.js';

/** JSON Schemas of the kinds for editors, by kind; `any` is one that chooses by `kind`. */
export function editorSchemas(): ReadonlyMap<Kind | 'any', Readonly<Record<string, unknown>>> {
  const one = (kind: Kind) => z.toJSONSchema(documentSchema(kind), { io: 'input', target: 'draft-2020-12' });
  const named = KINDS.map((kind) => [kind, { ...one(kind), $id: idOf(kind), title: kind }] as const);
  const any = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: idOf('any'),
    title: 'Parapet configuration',
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: { kind: { enum: KINDS } },
    allOf: KINDS.map((kind) => ({
      if: { properties: { kind: { const: kind } } },
      then: { $ref: fileOf(kind) },
    })),
  };
  return new Map<Kind | 'any', Readonly<Record<string, unknown>>>([...named, ['any', any]]);
}

/** The file name of a kind's schema under `docs/schemas/`. */
export function fileOf(kind: Kind | 'any'): string {
  return kind === 'any' ? 'configuration.v1.json' : `${kind.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase()}.v1.json`;
}

function idOf(kind: Kind | 'any'): string {
  return `https://parapet.dev/schemas/${fileOf(kind)}`;
}
