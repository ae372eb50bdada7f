import { canonicalJson } from '@parapet/kernel';
import { ProblemError } from '@parapet/nest';
import { type Database, sha256, type Tx } from '@parapet/postgres';

/** An answer as it is sent, and sent again. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A request that must have its effect once. */
export interface KeyedRequest {
  readonly tenant: string;
  readonly caller: string;
  readonly key: string | undefined;
  /** Method, address and preconditions: together with the body what the key stands for. */
  readonly what: string;
  readonly body: unknown;
}

const KEY = /^[A-Za-z0-9._:-]{1,128}$/;
const KEPT_DAYS = 7;

/**
 * Runs a change once per key. The answer is written in the transaction of its effect, so a crash in between leaves neither;
 * a lock of that transaction says that the first request is still under way.
 */
export class Idempotency {
  constructor(private readonly db: Database) {}

  /** The answer of `change`, or the first answer again. A refusal (a ProblemError below 500) is an answer too and leaves no effect. */
  async run(request: KeyedRequest, change: (tx: Tx) => Promise<Answer>): Promise<Answer> {
    const { key } = request;
    if (key === undefined || !KEY.test(key)) {
      throw new ProblemError(
        422,
        'idempotency-key',
        'send an Idempotency-Key: 1 to 128 characters of A-Z a-z 0-9 . _ : -',
        {
          field: '/Idempotency-Key',
        },
      );
    }
    const digest = sha256(canonicalJson({ what: request.what, body: request.body ?? null }));
    return this.db
      .transactRetrying(request.tenant, async (tx) => {
        await this.lock(tx, request, key);
        const before = await this.find(tx, request, key);
        if (before !== null) return replay(before, digest);
        const answer = await answerOrRefusal(tx, change);
        await this.keep(tx, request, key, digest, answer);
        return answer;
      })
      .then(thrownIfRefused);
  }

  /** Forgets answers older than seven days. */
  async prune(): Promise<void> {
    await this.db.transact('*', (tx) =>
      tx.query(`DELETE FROM idempotency_keys WHERE answered_at < now() - $1 * interval '1 day'`, [KEPT_DAYS]),
    );
  }

  private async lock(tx: Tx, { tenant, caller }: KeyedRequest, key: string): Promise<void> {
    const name = `idempotency/${tenant}/${caller}/${key}`;
    const [row] = await tx.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken',
      [name],
    );
    if (row?.taken === true) return;
    throw new ProblemError(409, 'in-progress', 'the first request with this Idempotency-Key is still under way', {
      headers: { 'Retry-After': '1' },
    });
  }

  private async find(tx: Tx, { tenant, caller }: KeyedRequest, key: string): Promise<StoredAnswer | null> {
    const [row] = await tx.query<StoredAnswer & Record<string, unknown>>(
      `SELECT request_digest AS digest, status, headers, body FROM idempotency_keys WHERE tenant = $1 AND caller = $2 AND key = $3`,
      [tenant, caller, key],
    );
    return row ?? null;
  }

  private async keep(
    tx: Tx,
    { tenant, caller }: KeyedRequest,
    key: string,
    digest: string,
    answer: AnswerOrRefusal,
  ): Promise<void> {
    const body = answer.refusal === undefined ? answer.body : { problem: refusalForm(answer.refusal) };
    await tx.query(
      `INSERT INTO idempotency_keys (tenant, caller, key, request_digest, status, headers, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [tenant, caller, key, digest, answer.status, JSON.stringify(answer.headers ?? {}), JSON.stringify(body ?? null)],
    );
  }
}

interface StoredAnswer extends Answer {
  readonly digest: string;
}

interface AnswerOrRefusal extends Answer {
  readonly refusal?: ProblemError;
}

async function answerOrRefusal(tx: Tx, change: (tx: Tx) => Promise<Answer>): Promise<AnswerOrRefusal> {
  await tx.query('SAVEPOINT change');
  try {
    return await change(tx);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status >= 500) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT change');
    return { status: error.status, body: null, refusal: error };
  }
}

function thrownIfRefused(answer: AnswerOrRefusal): Answer {
  if (answer.refusal !== undefined) throw answer.refusal;
  return answer;
}

interface RefusalForm {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly current?: unknown;
  readonly members?: Readonly<Record<string, unknown>>;
}

function refusalForm(refusal: ProblemError): RefusalForm {
  const { code, detail, field, current, members } = refusal;
  return {
    code,
    detail,
    members,
    ...(field === undefined ? {} : { field }),
    ...(current === undefined ? {} : { current }),
  };
}

function replay(before: StoredAnswer, digest: string): AnswerOrRefusal {
  if (before.digest !== digest) {
    throw new ProblemError(422, 'key-reused', 'this Idempotency-Key was used for another request', {
      field: '/Idempotency-Key',
    });
  }
  const headers = { ...before.headers, 'Idempotency-Replayed': 'true' };
  const problem = (before.body as { problem?: RefusalForm } | null)?.problem;
  if (before.status < 400 || problem === undefined) return { status: before.status, headers, body: before.body };
  const { code, detail, ...more } = problem;
  return {
    status: before.status,
    body: null,
    refusal: new ProblemError(before.status, code, detail, { ...more, headers }),
  };
}
