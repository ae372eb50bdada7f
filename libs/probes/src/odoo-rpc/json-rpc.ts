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

/** Odoo's JSON-RPC at `/jsonrpc`, 14 to 19 (odoo-kpis 7.1). Logs in once: that is the costly call. */
export class JsonRpcCalls implements OdooCalls {
  #user: number | null = null;

  constructor(private readonly place: OdooPlace) {}

  async call({ model, method, named }: OdooCall): Promise<OdooResult> {
    const { database } = this.place;
    const key = keyOf(this.place);
    const user = await this.#login(key);
    const { positional, rest } = argumentsOf(method, named);
    const context = contextOf(this.place);
    try {
      return await this.#send(
        'object',
        'execute_kw',
        [database, user, key, model, method, positional, { ...rest, context }],
        `${model}.${method}`,
      );
    } catch (error) {
      // A key that was exchanged may belong to another user.
      if (error instanceof MeasurementFailed && error.reason === 'refused') this.#user = null;
      throw error;
    }
  }

  async #login(key: string): Promise<number> {
    if (this.#user !== null) return this.#user;
    const { database, login } = this.place;
    const { value } = await this.#send('common', 'authenticate', [database, login, key, {}], 'logging in');
    // A wrong login is no error here.
    if (typeof value !== 'number')
      throw new MeasurementFailed('refused', `logging in: Odoo does not know ${login} with this key`);
    this.#user = value;
    return value;
  }

  async #send(service: string, method: string, args: readonly unknown[], what: string): Promise<OdooResult> {
    const question = { jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } };
    const answer = await ask(this.place, '/jsonrpc', question);
    const failure = statusFailure(answer.status, what);
    if (failure !== null) throw failure;
    const document = documentOf(answer, what) as {
      result?: unknown;
      error?: { data?: Partial<OdooError>; message?: string };
    } | null;
    const error = document?.error;
    if (error !== undefined) {
      throw failureOf({ name: error.data?.name ?? '', message: error.data?.message ?? error.message ?? '' }, what);
    }
    if (document === null || !Object.hasOwn(document, 'result')) {
      throw new MeasurementFailed('bad-answer', `${what}: no answer of Odoo’s JSON-RPC`);
    }
    return { value: document.result, serverMs: serverMsOf(answer, what) };
  }
}

/** The domain stands first and without a name: its name differs between methods and versions. */
function argumentsOf(
  method: OdooCall['method'],
  { domain, fields, groupby, ...rest }: OdooCall['named'],
): { readonly positional: readonly unknown[]; readonly rest: Readonly<Record<string, unknown>> } {
  switch (method) {
    case 'search_count':
      return { positional: [domain], rest };
    case 'search_read':
      return { positional: [domain], rest: { fields, ...rest } };
    case 'read_group':
      return { positional: [domain, fields, groupby], rest: { lazy: false, ...rest } };
    case 'fields_get':
    case 'context_get':
      return { positional: [], rest };
  }
}
