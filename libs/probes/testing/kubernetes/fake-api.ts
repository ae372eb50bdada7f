import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const TLS = new URL('../../../../test/fixtures/tls/', import.meta.url);
/** Where the authority that vouches for the stand-in is. */
export const AUTHORITY_FILE = fileURLToPath(new URL('authority.pem', TLS));

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the roles in some YAML; other documents are passed over. */
export function rolesOf(yaml: string): readonly { readonly kind: string; readonly rules: readonly Rule[] }[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS() as { kind: string; rules?: readonly Rule[] })
    .flatMap(({ kind, rules }) => (rules === undefined ? [] : [{ kind, rules }]));
}

/** An object of the cluster, as the API shows it. */
export interface ClusterObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [part: string]: unknown;
}

/** A cluster of a test: what it holds, who may ask, and how it misbehaves. */
export class FakeApi {
  /** By path of the list. */
  readonly objects = new Map<string, readonly ClusterObject[]>();
  readonly asked: string[] = [];
  token = 'cluster-token';
  /** How many of the coming continued pages find their list expired. */
  expiring = 0;
  /** Answers instead of the list, where a test says so. */
  instead: { readonly status: number; readonly body: string } | null = null;
  readonly #server: Server;

  /** @param roles what the token may do; `Role` in every namespace, `ClusterRole` for what has none */
  constructor(private readonly roles: ReturnType<typeof rolesOf>) {
    const [cert, key] = ['server.pem', 'server.key'].map((file) => readFileSync(new URL(file, TLS)));
    this.#server = createServer({ ...(cert && { cert }), ...(key && { key }) }, (request, response) => {
      const url = new URL(request.url ?? '', 'https://cluster');
      this.asked.push(`${request.method ?? ''} ${url.pathname}${url.search}`);
      const { status, body } = this.#answer(url, request.headers.authorization);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(url: URL, authorization: string | undefined): { status: number; body: string } {
    if (authorization !== `Bearer ${this.token}`) return refused(401, 'Unauthorized');
    const place = /^\/(?:api\/v1|apis\/([a-z]+)\/v\d)(?:\/namespaces\/([a-z0-9-]+))?\/([a-z]+)$/.exec(url.pathname);
    if (place === null) return refused(404, 'the server could not find the requested resource');
    const [, group = '', namespace, resource = ''] = place;
    if (!this.#isAllowed(group, namespace, resource)) {
      const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      const who = 'User "system:serviceaccount:parapet:parapet-kpi-probing"';
      return refused(
        403,
        `${resource} is forbidden: ${who} cannot list resource "${resource}" in API group "${group}" ${where}`,
      );
    }
    if (this.instead !== null) return this.instead;
    return this.#page(url, resource);
  }

  #isAllowed(group: string, namespace: string | undefined, resource: string): boolean {
    const kind = namespace === undefined ? 'ClusterRole' : 'Role';
    const rules = this.roles.filter((role) => role.kind === kind).flatMap((role) => role.rules);
    return rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(resource) && verbs.includes('list'),
    );
  }

  #page(url: URL, resource: string): { status: number; body: string } {
    const position = url.searchParams.get('continue');
    if (position !== null && this.expiring > 0) {
      this.expiring -= 1;
      return refused(410, 'The provided continue parameter is too old to display a consistent list result.');
    }
    const labels = (url.searchParams.get('labelSelector') ?? '').split(',').map((pair) => pair.split('='));
    const [, wanted] = /^metadata\.name=(.*)$/.exec(url.searchParams.get('fieldSelector') ?? '') ?? [];
    const all = (this.objects.get(url.pathname) ?? [])
      .filter(({ metadata }) =>
        labels.every(([name = '', value]) => value === undefined || metadata.labels?.[name] === value),
      )
      .filter(({ metadata }) => wanted === undefined || metadata.name === wanted);
    const from = Number(position ?? 0);
    const to = from + Number(url.searchParams.get('limit') ?? all.length);
    const more = to < all.length ? { continue: String(to), remainingItemCount: all.length - to } : {};
    const kind = `${resource.charAt(0).toUpperCase()}${resource.slice(1, -1)}List`;
    return {
      status: 200,
      body: JSON.stringify({ kind, metadata: { resourceVersion: '1', ...more }, items: all.slice(from, to) }),
    };
  }
}

function refused(code: number, message: string): { status: number; body: string } {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
  return { status: code, body: JSON.stringify(body) };
}
