import { CLOUD_EVENT_MEDIA_TYPE } from './cloud-event.js';
import { type EventName, EVENT_TYPES, type EventType } from './event-types.js';
import { type JsonSchema, messageJsonSchema } from './json-schema.js';
import { EVENT_MESSAGES } from './wire.js';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/** JSON Schema of a whole event: envelope and data. */
export function eventJsonSchema(name: EventName): JsonSchema {
  const type = EVENT_TYPES[name];
  const { $defs, ...data } = messageJsonSchema(EVENT_MESSAGES[name]) as JsonSchema & { $defs?: unknown };
  const text = { type: 'string', minLength: 1 };
  const schema = {
    $schema: DRAFT,
    $id: `https://parapet.dev/schemas/${type}.v1.json`,
    title: type,
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', pattern: '^evt_[0-9A-HJKMNP-TV-Z]{26}$' },
      source: { type: 'string', pattern: '^/parapet/[a-z0-9][a-z0-9-]{0,39}/[a-z0-9][a-z0-9-]{0,39}$' },
      type: { const: `dev.parapet.${type}.v1` },
      subject: text,
      time: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' },
      datacontenttype: { const: 'application/json' },
      dataschema: { const: `https://parapet.dev/schemas/${type}.v1.json` },
      sequence: { type: 'string', pattern: '^\\d{12}$' },
      partitionkey: text,
      journalseq: { type: 'string', pattern: '^[1-9]\\d*$' },
      journalhash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      traceparent: { type: 'string' },
      omitted: { type: 'string', description: 'members of data left out for their size' },
      dataref: { type: 'string', description: 'where the whole event is' },
      data,
    },
    required: [
      'specversion',
      'id',
      'source',
      'type',
      'subject',
      'time',
      'datacontenttype',
      'dataschema',
      'sequence',
      'partitionkey',
      'journalseq',
      'journalhash',
      'data',
    ],
  };
  return $defs === undefined ? schema : { ...schema, $defs };
}

/** The AsyncAPI 3 document of `EVENTS`: one channel per noun, one message per type, the schema of the whole envelope. */
export function asyncApiDocument(version: string): Readonly<Record<string, unknown>> {
  const names = Object.keys(EVENT_TYPES) as EventName[];
  const nouns = [...new Set(names.map((name) => nounOf(EVENT_TYPES[name])))];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parapet events',
      version,
      description:
        'What Parapet says of releases, as structured CloudEvents on NATS JetStream (stream EVENTS) and in outgoing webhooks.',
    },
    defaultContentType: CLOUD_EVENT_MEDIA_TYPE,
    channels: Object.fromEntries(nouns.map((noun) => [noun, channel(noun, namesOf(names, noun))])),
    operations: Object.fromEntries(names.map((name) => [`send${name}`, operation(name)])),
    components: {
      messages: Object.fromEntries(names.map((name) => [name, message(name)])),
      parameters: {
        tenant: { description: 'Slug of the tenant: [a-z0-9][a-z0-9-]{0,39}' },
        environment: { description: 'Slug of the environment: [a-z0-9][a-z0-9-]{0,39}' },
        workload: {
          description: 'Slug of the workload, or none for events of a source or a guardrail: [a-z0-9][a-z0-9-]{0,39}',
        },
        release: {
          description: 'Id of the release, or none for events of a source or a guardrail: rel_[0-9A-HJKMNP-TV-Z]{26}',
        },
        verb: { description: 'What happened: the part of the type after the dot' },
      },
    },
  };
}

function nounOf(type: EventType): string {
  return type.slice(0, type.indexOf('.'));
}

function namesOf(names: readonly EventName[], noun: string): readonly EventName[] {
  return names.filter((name) => nounOf(EVENT_TYPES[name]) === noun);
}

function channel(noun: string, names: readonly EventName[]) {
  const parameters = ['tenant', 'environment', 'workload', 'release', 'verb'];
  return {
    address: `parapet.events.v1.{tenant}.{environment}.{workload}.{release}.${noun}.{verb}`,
    parameters: Object.fromEntries(
      parameters.map((name) => [
        name,
        name === 'verb'
          ? { enum: names.map((one) => EVENT_TYPES[one].slice(noun.length + 1)) }
          : { $ref: `#/components/parameters/${name}` },
      ]),
    ),
    messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  };
}

function operation(name: EventName) {
  const noun = nounOf(EVENT_TYPES[name]);
  return {
    action: 'send',
    channel: { $ref: `#/channels/${noun}` },
    messages: [{ $ref: `#/channels/${noun}/messages/${name}` }],
  };
}

function message(name: EventName) {
  return {
    name: `dev.parapet.${EVENT_TYPES[name]}.v1`,
    contentType: CLOUD_EVENT_MEDIA_TYPE,
    payload: { schemaFormat: 'application/schema+json;version=draft-2020-12', schema: eventJsonSchema(name) },
  };
}
