import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OdooVersion } from '../../fixtures/odoo/load.js';
import { PARAMETERS, runMethod } from './methods.js';
import { FakeShop, UnknownName } from './shop.js';

/** A call that the fake was asked. */
export interface AskedCall {
  readonly path: string;
  readonly model: string;
  readonly method: string;
  readonly context: unknown;
}

interface Refusal {
  readonly status: number;
  readonly name: string;
  readonly message: string;
}

/** A call as both dialects come to it. */
interface Call {
  readonly model: string;
  readonly method: string;
  readonly named: Readonly<Record<string, unknown>>;
  readonly context: unknown;
}

export const DATABASE = 'retail';
export const LOGIN = 'parapet';
export const KEY = '0123456789abcdef0123456789abcdef01234567';
const USER = 7;

/** Stands in for an Odoo: answers its API from recorded tables (see README). */
export class FakeOdoo {
  /** What its clock shows, in the header `Date` of every answer. */
  clockMs = 0;
  /** Models that the user may not read. */
  forbidden: readonly string[] = [];
  key = KEY;
  readonly asked: AskedCall[] = [];
  logins = 0;
  readonly #server: Server;

  private constructor(private readonly shop: FakeShop) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => void response.writeHead(500).end(String(error)));
    });
  }

  static async start(version: OdooVersion, snapshot: string): Promise<FakeOdoo> {
    const fake = new FakeOdoo(new FakeShop(version, snapshot));
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    const say = (status: number, body: unknown) => {
      const headers = { 'content-type': 'application/json; charset=utf-8', date: new Date(this.clockMs).toUTCString() };
      response.writeHead(status, headers).end(JSON.stringify(body));
    };
    const is19 = this.shop.version === '19';
    if (path === '/json/version' && is19)
      return say(200, { version_info: [19, 0, 0, 'final', 0, ''], version: '19.0' });
    if (path.startsWith('/json/2/') && is19)
      return this.#json2(path, request, JSON.parse(Buffer.concat(chunks).toString()), say);
    if (path === '/jsonrpc') return this.#jsonRpc(JSON.parse(Buffer.concat(chunks).toString()), say);
    response.writeHead(404, { 'content-type': 'text/html' }).end('<html>');
  }

  #json2(
    path: string,
    request: IncomingMessage,
    body: Record<string, unknown>,
    say: (status: number, body: unknown) => void,
  ): void {
    const [, , , model = '', method = ''] = path.split('/');
    const { context, ...named } = body;
    const refuse = ({ status, name, message }: Refusal) =>
      say(status, { name, message, arguments: [message], context: {}, debug: 'Traceback: /srv/odoo' });
    if (request.headers.authorization !== `bearer ${this.key}` || request.headers['x-odoo-database'] !== DATABASE) {
      return refuse({ status: 401, name: 'werkzeug.exceptions.Unauthorized', message: 'Invalid apikey' });
    }
    const unknown = Object.keys(named).find((name) => !(PARAMETERS[method] ?? []).includes(name));
    if (PARAMETERS[method] === undefined || method === 'read_group') {
      return refuse({
        status: 404,
        name: 'werkzeug.exceptions.NotFound',
        message: `The method '${model}.${method}' does not exist`,
      });
    }
    if (unknown !== undefined) {
      const message = `got an unexpected keyword argument '${unknown}'`;
      return refuse({ status: 422, name: 'werkzeug.exceptions.UnprocessableEntity', message });
    }
    const result = this.#run(path, { model, method, named, context });
    if ('refusal' in result) return refuse(result.refusal);
    say(200, result.value);
  }

  #jsonRpc(
    body: { id: number; params: { service: string; method: string; args: unknown[] } },
    say: (status: number, body: unknown) => void,
  ): void {
    const answer = (more: object) => say(200, { jsonrpc: '2.0', id: body.id, ...more });
    const refuse = ({ name, message }: Omit<Refusal, 'status'>) =>
      answer({
        error: {
          code: this.shop.version === '19' ? 0 : 200,
          message: 'Odoo Server Error',
          data: { name, message, arguments: [message], context: {}, debug: 'Traceback: /srv/odoo' },
        },
      });
    const { service, method, args } = body.params;
    const [database] = args;
    if (database !== DATABASE)
      return refuse({
        name: 'psycopg2.OperationalError',
        message: `FATAL:  database "${String(database)}" does not exist\n`,
      });
    if (service === 'common' && method === 'authenticate') {
      this.logins += 1;
      return answer({ result: args[1] === LOGIN && args[2] === this.key ? USER : false });
    }
    const [, user, key, model, called, positional, keywords] = args as [
      unknown,
      number,
      string,
      string,
      string,
      unknown[],
      Record<string, unknown>,
    ];
    if (user !== USER || key !== this.key)
      return refuse({ name: 'odoo.exceptions.AccessDenied', message: 'Access Denied' });
    const { context, ...rest } = keywords;
    const names = PARAMETERS[called] ?? [];
    const unknown = Object.keys(rest).find((name) => !names.includes(name));
    if (unknown !== undefined || called === 'formatted_read_group' || names === undefined) {
      return refuse({
        name: 'builtins.TypeError',
        message: `${called}() got an unexpected keyword argument '${String(unknown)}'`,
      });
    }
    const named = { ...Object.fromEntries(positional.map((value, i) => [names[i] ?? '', value])), ...rest };
    const result = this.#run('/jsonrpc', { model, method: called, named, context });
    if ('refusal' in result) return refuse(result.refusal);
    answer({ result: result.value });
  }

  #run(
    path: string,
    { model, method, named, context }: Call,
  ): { readonly value: unknown } | { readonly refusal: Refusal } {
    this.asked.push({ path, model, method, context });
    if (this.forbidden.includes(model)) {
      const message = `You are not allowed to access 'Something' (${model}) records.\n\nThis operation is allowed for the following groups:\n\t- Administration/Settings`;
      return { refusal: { status: 403, name: 'odoo.exceptions.AccessError', message } };
    }
    try {
      return { value: model === 'res.users' ? { lang: 'en_US' } : runMethod(this.shop, model, method, named) };
    } catch (error) {
      if (!(error instanceof UnknownName)) throw error;
      const { message, isModel } = error;
      const isJson2 = path !== '/jsonrpc';
      if (isModel && isJson2) {
        return {
          refusal: {
            status: 404,
            name: 'werkzeug.exceptions.NotFound',
            message: `the model '${model}' does not exist`,
          },
        };
      }
      return { refusal: { status: 500, name: isModel ? 'odoo.exceptions.UserError' : 'builtins.ValueError', message } };
    }
  }
}
