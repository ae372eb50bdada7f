import type { InstantMs } from '@parapet/kernel';
import { MeasurementFailed } from '../probe.js';
import { ask, documentOf, type OdooCall, type OdooCalls, type OdooPlace, type OdooResult } from './calls.js';
import { Json2Calls } from './json-2.js';
import { JsonRpcCalls } from './json-rpc.js';

/** A condition of a search: `[field, operator, value]`, or an operator before those that it joins. */
export type Domain = readonly (readonly [string, string, unknown] | '&' | '|' | '!')[];
/** A record as Odoo tells it: `false` where there is nothing, `[id, name]` of another record. */
export type OdooRecord = Readonly<Record<string, unknown>>;

/** More records than one question may bring; fewer windows at once may do. */
export class TooManyRecords extends Error {
  override readonly name = 'TooManyRecords';
}

/** How long the fields of a model stay believed: a release may change them. */
const FIELDS_VALID_MS = 10 * 60_000;

/** One Odoo and what is known of it, asked in whichever way it understands; shared by all that ask. */
export class OdooConnection {
  #calls: OdooCalls | null = null;
  readonly #fields = new Map<string, { readonly names: ReadonlySet<string>; readonly untilMs: InstantMs }>();

  constructor(
    private readonly place: OdooPlace,
    private readonly protocol: 'auto' | 'json-rpc' | 'json-2',
    private readonly nowMs: () => InstantMs,
  ) {}

  /** The server's clock; the call needs a working key, so that it shows that the application answers. */
  async serverMs(): Promise<InstantMs> {
    return (await this.call({ model: 'res.users', method: 'context_get', named: {} })).serverMs;
  }

  async call(call: OdooCall): Promise<OdooResult> {
    this.#calls ??= (await this.#speaksJson2()) ? new Json2Calls(this.place) : new JsonRpcCalls(this.place);
    return await this.#calls.call(call);
  }

  /** Which fields a model has in this shop: versions and modules differ. */
  async fields(model: string): Promise<ReadonlySet<string>> {
    const known = this.#fields.get(model);
    if (known !== undefined && this.nowMs() < known.untilMs) return known.names;
    const { value } = await this.call({ model, method: 'fields_get', named: { attributes: ['type'] } });
    if (typeof value !== 'object' || value === null) throw unexpected(model, 'fields_get');
    const names = new Set(Object.keys(value));
    this.#fields.set(model, { names, untilMs: this.nowMs() + FIELDS_VALID_MS });
    return names;
  }

  /** After a failure things may be otherwise: another version behind the same address, other fields. */
  forget(): void {
    this.#fields.clear();
    this.#calls = null;
  }

  async #speaksJson2(): Promise<boolean> {
    if (this.protocol !== 'auto') return this.protocol === 'json-2';
    const answer = await ask(this.place, '/json/version', undefined);
    if (answer.status !== 200 || !(answer.headers['content-type'] ?? '').includes('json')) return false;
    return Object.hasOwn((documentOf(answer, 'asking for the version') as object | null) ?? {}, 'version');
  }
}

/** What one measurement asks of an Odoo, never for more records than a bound. Throws MeasurementFailed or TooManyRecords. */
export class Odoo {
  /** Records that this measurement was brought; a count or a group is one. Others may ask at the same time. */
  rows = 0;

  constructor(
    private readonly connection: OdooConnection,
    private readonly rowsMax: number,
  ) {}

  fields(model: string): Promise<ReadonlySet<string>> {
    return this.connection.fields(model);
  }

  async count(model: string, domain: Domain): Promise<number> {
    const { value } = await this.connection.call({ model, method: 'search_count', named: { domain } });
    if (typeof value !== 'number') throw unexpected(model, 'search_count');
    this.rows += 1;
    return value;
  }

  /** All records of a search with the fields named, or as many as `limit`, which is no lack then. */
  async records(
    model: string,
    domain: Domain,
    fields: readonly string[],
    { order = 'id', limit }: { readonly order?: string; readonly limit?: number } = {},
  ): Promise<readonly OdooRecord[]> {
    const named = { domain, fields, order, limit: limit ?? this.rowsMax + 1 };
    const { value } = await this.connection.call({ model, method: 'search_read', named });
    if (!Array.isArray(value)) throw unexpected(model, 'search_read');
    this.rows += value.length;
    if (limit === undefined && value.length > this.rowsMax)
      throw new TooManyRecords(`more than ${this.rowsMax} records of ${model}`);
    return value as OdooRecord[];
  }

  /** The same of records by their ids; of none nothing is asked. */
  async recordsOf(
    model: string,
    ids: readonly number[],
    fields: readonly string[],
    more: Domain = [],
  ): Promise<readonly OdooRecord[]> {
    const unique = [...new Set(ids)];
    return unique.length === 0 ? [] : await this.records(model, [['id', 'in', unique], ...more], fields);
  }

  /** One aggregate such as `create_date:max` for each value of a field. */
  async groups(model: string, domain: Domain, groupBy: string, aggregate: string): Promise<readonly OdooRecord[]> {
    const named = { domain, fields: [aggregate], groupby: [groupBy] };
    const { value } = await this.connection.call({ model, method: 'read_group', named });
    if (!Array.isArray(value)) throw unexpected(model, 'read_group');
    this.rows += value.length;
    return value as OdooRecord[];
  }
}

function unexpected(model: string, method: string): MeasurementFailed {
  return new MeasurementFailed('bad-answer', `${model}.${method}: not what this method answers`);
}

/** The id of another record that a field names; null where it names none. */
export function idOf(record: OdooRecord, field: string): number | null {
  const value = record[field];
  const id: unknown = Array.isArray(value) ? value[0] : value;
  return typeof id === 'number' ? id : null;
}

/** The ids of the records that a field lists. */
export function idsOf(record: OdooRecord, field: string): readonly number[] {
  const value = record[field];
  return Array.isArray(value) ? (value as number[]) : [];
}

/** The instant of a field, in whole seconds as the API tells it; null where it is empty. */
export function instantOf(record: OdooRecord, field: string): InstantMs | null {
  const value = record[field];
  if (typeof value !== 'string') return null;
  const ms = Date.parse(`${value.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** An instant in the words of a domain: UTC, whole seconds. */
export function utcText(atMs: InstantMs): string {
  return new Date(Math.floor(atMs / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
