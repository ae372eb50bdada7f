import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schema of a message's JSON form. A field without `optional` is always there, lists and maps aside: an absent one is an empty one.
 * Unknown members are allowed, since a reader ignores what it does not know.
 */
export function messageJsonSchema(message: DescMessage): JsonSchema {
  const definitions = new Map<string, JsonSchema>();
  const root = objectSchema(message, definitions);
  return definitions.size === 0 ? root : { ...root, $defs: Object.fromEntries(definitions) };
}

function objectSchema(message: DescMessage, definitions: Map<string, JsonSchema>): JsonSchema {
  const properties = Object.fromEntries(
    message.fields.map((field) => [field.jsonName, fieldSchema(field, definitions)]),
  );
  const required = message.fields.filter(isAlwaysThere).map((field) => field.jsonName);
  return { type: 'object', properties, required };
}

function isAlwaysThere(field: DescField): boolean {
  const isSingle = field.fieldKind === 'scalar' || field.fieldKind === 'message';
  return isSingle && !field.proto.proto3Optional;
}

function fieldSchema(field: DescField, definitions: Map<string, JsonSchema>): JsonSchema {
  switch (field.fieldKind) {
    case 'scalar':
      return isAlwaysThere(field) ? scalarSchema(field.scalar) : nullable(scalarSchema(field.scalar));
    case 'message':
      return isAlwaysThere(field)
        ? reference(field.message, definitions)
        : nullable(reference(field.message, definitions));
    case 'map':
      return { type: 'object', additionalProperties: field.mapKind === 'scalar' ? scalarSchema(field.scalar) : {} };
    case 'list':
      return {
        type: 'array',
        items: field.listKind === 'message' ? reference(field.message, definitions) : listScalar(field),
      };
    case 'enum':
      throw new Error(`${field.toString()}: words are texts on this wire, not enums`);
  }
}

function listScalar(field: DescField & { fieldKind: 'list' }): JsonSchema {
  if (field.listKind !== 'scalar') throw new Error(`${field.toString()}: words are texts on this wire, not enums`);
  return scalarSchema(field.scalar);
}

function reference(message: DescMessage, definitions: Map<string, JsonSchema>): JsonSchema {
  if (!definitions.has(message.name)) {
    // Reserve the name first: a message may hold itself.
    definitions.set(message.name, {});
    definitions.set(message.name, objectSchema(message, definitions));
  }
  return { $ref: `#/$defs/${message.name}` };
}

function nullable(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}

function scalarSchema(type: ScalarType): JsonSchema {
  switch (type) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.DOUBLE:
      return { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] };
    default:
      throw new Error(`scalar type ${ScalarType[type]} has no place on this wire: counts are doubles, words are texts`);
  }
}
