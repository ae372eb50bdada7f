import { MeasurementFailed } from '../probe.js';
import {
  ask,
  contextOf,
  documentOf,
  keyOf,
  type OdooCall,
  type OdooCalls,
  type OdooPlace,
  type OdooResult,
  serverMsOf,
} from './calls.js';
import { failureOf, type OdooError, statusFailure } from './failures.js';

/** Odoo's JSON-2 at `/json/2`, from 19 (odoo-kpis 7.3): no login, and every failure has a status of its own. */
export class Json2Calls implements OdooCalls {
  constructor(private readonly place: OdooPlace) {}

  async call(call: OdooCall): Promise<OdooResult> {
    const { method, named } = translated(call);
    const what = `${call.model}.${method}`;
    const headers = { authorization: `bearer ${keyOf(this.place)}`, 'x-odoo-database': this.place.database };
    const body = { ...named, context: contextOf(this.place) };
    const answer = await ask(this.place, `/json/2/${call.model}/${method}`, body, headers);
    if (answer.status === 200)
      return { value: resultOf(call, documentOf(answer, what)), serverMs: serverMsOf(answer, what) };
    throw refusalOf(answer, what);
  }
}

function refusalOf(answer: Parameters<typeof documentOf>[0], what: string): MeasurementFailed {
  const plain = statusFailure(answer.status, what) as MeasurementFailed;
  // Only Odoo itself says why; a proxy before it answers in its own words.
  if (!(answer.headers['content-type'] ?? '').includes('json')) return plain;
  const error = documentOf(answer, what) as Partial<OdooError> | null;
  if (typeof error?.name !== 'string') return plain;
  return failureOf({ name: error.name, message: error.message ?? '' }, what);
}

/** `read_group` has another name there, and tells its aggregates instead of its fields. */
function translated({ method, named }: OdooCall): { method: string; named: Readonly<Record<string, unknown>> } {
  if (method !== 'read_group') return { method, named };
  const { fields, ...rest } = named;
  return {
    method: 'formatted_read_group',
    named: { ...rest, aggregates: ['__count', ...(fields as readonly string[])] },
  };
}

/** Aggregates by the names that `read_group` gives them: without what was done with them. */
function resultOf({ method }: OdooCall, value: unknown): unknown {
  if (method !== 'read_group') return value;
  return (value as readonly Readonly<Record<string, unknown>>[]).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, one]) => [name.replace(/:(max|min|sum)$/, ''), one])),
  );
}
