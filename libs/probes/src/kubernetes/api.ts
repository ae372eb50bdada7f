import { exchange, type HttpAnswer } from '../http/exchange.js';
import { MeasurementFailed } from '../probe.js';

/** The longest page of a list that is read: 500 pods with everything that is noted on them. */
const PAGE_BYTES_MAX = 32 * 1024 * 1024;
/** How much of what the server says about an error is repeated. */
const WORDS_MAX = 300;

/** How the API server is asked. */
export interface KubernetesApiOptions {
  readonly server: string;
  /** Read for every request: the cluster exchanges it about once an hour. */
  readonly token: () => string;
  /** The certificate authorities to trust, as PEM; absent: the well-known ones. */
  readonly ca: () => string | undefined;
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly pageSize: number;
  /** Lists that are longer are not read to their end. */
  readonly itemsMax: number;
}

/** The list that a page continues is too old: the server has forgotten how it stood. */
class ListExpired extends Error {
  override readonly name = 'ListExpired';
}

/** Reads lists of one Kubernetes API server, and can do nothing else. */
export class KubernetesApi {
  constructor(private readonly options: KubernetesApiOptions) {}

  /**
   * All items of a list, page by page. A list that expires on the way is begun anew once, since a part of an old one and a part of
   * a new one are none. Throws MeasurementFailed and nothing else.
   * @param readItem gives an item its shape; throws MeasurementFailed
   */
  async list<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    readItem: (item: unknown) => T,
  ): Promise<readonly T[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.#pages(path, query)).map(readItem);
      } catch (error) {
        if (!(error instanceof ListExpired)) throw error;
        if (attempt === 2) throw new MeasurementFailed('unreachable', error.message, { cause: error });
      }
    }
  }

  async #pages(path: string, query: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
    const { pageSize, itemsMax } = this.options;
    const items: unknown[] = [];
    let position: string | null = null;
    // A server that goes on without items must not keep us for ever.
    for (let page = 0; page <= Math.ceil(itemsMax / pageSize); page++) {
      const more: Record<string, string> = position === null ? {} : { continue: position };
      const found = await this.#page(path, { ...query, limit: String(pageSize), ...more });
      items.push(...found.items);
      if (items.length > itemsMax) break;
      if (found.position === null) return items;
      position = found.position;
    }
    throw new MeasurementFailed(
      'too-large',
      `${path} lists more than ${itemsMax} objects: narrow selector, or raise itemsMax`,
    );
  }

  async #page(path: string, query: Readonly<Record<string, string>>): Promise<Page> {
    const { server, allowPrivate, timeoutMs } = this.options;
    const url = new URL(`${server.replace(/\/$/, '')}${path}?${new URLSearchParams(query).toString()}`);
    const ca = this.options.ca();
    const answer = await exchange({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${this.options.token()}`, accept: 'application/json' },
      timeoutMs,
      allowPrivate,
      bytesMax: PAGE_BYTES_MAX,
      ...(ca === undefined ? {} : { ca }),
    });
    if (answer.status !== 200) throw refusalOf(answer, path);
    return pageOf(documentOf(answer), path);
  }
}

interface Page {
  readonly items: readonly unknown[];
  /** Where the list goes on; null at its end. */
  readonly position: string | null;
}

function pageOf(document: unknown, path: string): Page {
  const { items, metadata } = (document ?? {}) as { items?: unknown; metadata?: { continue?: unknown } };
  if (!Array.isArray(items)) throw new MeasurementFailed('bad-answer', `${path} answered no list of Kubernetes`);
  const position = metadata?.continue;
  return { items, position: typeof position === 'string' && position !== '' ? position : null };
}

/** What a refusal means; the server's own words say who may not do what. */
function refusalOf(answer: HttpAnswer, path: string): Error {
  const { status } = answer;
  const said = (documentOf(answer) as { message?: unknown } | null)?.message;
  const words = typeof said === 'string' && said !== '' ? `: ${said.slice(0, WORDS_MAX)}` : '';
  switch (status) {
    case 401:
      return new MeasurementFailed('refused', `the token is not accepted${words}`);
    case 403:
      return new MeasurementFailed('refused', `the role of the service account does not allow it${words}`);
    case 404:
      return new MeasurementFailed('missing', `${path} is not there: this cluster does not have that API${words}`);
    case 410:
      return new ListExpired(`the list ${path} expired twice while it was read`);
    default: {
      const isBusy = status === 429 || status >= 500;
      return new MeasurementFailed(isBusy ? 'unreachable' : 'bad-answer', `${path} answered ${status}${words}`);
    }
  }
}

function documentOf({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // Whatever it is, it is no document of Kubernetes; who asked says so.
    return null;
  }
}
