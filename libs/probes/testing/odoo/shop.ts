import type { OdooVersion } from '../../fixtures/odoo/load.js';
import { computedFields, type Listed, NAMED_MODELS, type Taken } from './relations.js';
import { readTables, type Table, type TableRow, type Value } from './tables.js';

/** A name that this shop does not have; the words are those of the recorded servers. */
export class UnknownName extends Error {
  override readonly name = 'UnknownName';
  constructor(
    message: string,
    readonly isModel: boolean,
  ) {
    super(message);
  }
}

type Leaf = readonly [string, string, unknown];

/** The recorded tables of a shop, asked in the language of Odoo's domains. */
export class FakeShop {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #computed: ReturnType<typeof computedFields>;

  constructor(
    readonly version: OdooVersion,
    snapshot: string,
  ) {
    this.#tables = readTables(version, snapshot);
    this.#computed = computedFields(version);
  }

  /** The names of a model's fields with their types. */
  fieldsOf(model: string): Readonly<Record<string, { type: string }>> {
    const columns = [...this.#table(model).types].map(
      ([name, type]) => [name, { type: this.#isRecord(name, type) ? 'many2one' : type }] as const,
    );
    const computed = Object.entries(this.#computed[model] ?? {}).map(
      ([name, one]) => [name, { type: one.kind === 'list' ? 'many2many' : 'char' }] as const,
    );
    return Object.fromEntries([...columns, ...computed]);
  }

  /** The rows that a domain holds of; conditions without an operator before them are joined by `&`. */
  search(model: string, domain: readonly unknown[]): readonly TableRow[] {
    return this.#table(model).rows.filter((row) => {
      const left = [...domain];
      let holds = true;
      while (left.length > 0) holds = this.#term(model, row, left) && holds;
      return holds;
    });
  }

  /** A field as the API tells it. */
  told(model: string, row: TableRow, field: string): unknown {
    const computed = this.#computedOf(model, field);
    if (computed?.kind === 'list') return this.#listed(row, computed);
    const value = computed === undefined ? this.#column(model, row, field) : this.#taken(row, computed);
    const type =
      computed === undefined
        ? this.#table(model).types.get(field)
        : this.#table(computed.model).types.get(computed.field);
    if (value === null) return false;
    if (this.#isRecord(field, type ?? '')) return [value, `record ${String(value)}`];
    return type === 'timestamp' ? String(value).slice(0, 19) : value;
  }

  #term(model: string, row: TableRow, left: unknown[]): boolean {
    const next = left.shift();
    if (next === '!') return !this.#term(model, row, left);
    if (next === '&' || next === '|') {
      const [a, b] = [this.#term(model, row, left), this.#term(model, row, left)];
      return next === '&' ? a && b : a || b;
    }
    if (!Array.isArray(next) || next.length !== 3) throw new Error(`no condition: ${JSON.stringify(next)}`);
    const [field, operator, wanted] = next as unknown as Leaf;
    return this.#leaf(model, row, field, operator, wanted);
  }

  #leaf(model: string, row: TableRow, path: string, operator: string, wanted: unknown): boolean {
    const [field = '', ...rest] = path.split('.');
    const computed = this.#computedOf(model, field);
    if (rest.length === 0) {
      const values =
        computed?.kind === 'list'
          ? this.#listed(row, computed)
          : [computed === undefined ? this.#column(model, row, field) : this.#taken(row, computed)];
      return values.some((value) => compares(value, operator, wanted));
    }
    // Through a relation a condition holds where some record behind it holds it; behind nothing there is none.
    const other = computed?.model ?? this.#modelOf(model, field);
    const ids = computed?.kind === 'list' ? this.#listed(row, computed) : [this.#column(model, row, field)];
    return this.#table(other).rows.some(
      (one) => ids.includes(one['id'] as number) && this.#leaf(other, one, rest.join('.'), operator, wanted),
    );
  }

  #computedOf(model: string, field: string): Listed | Taken | undefined {
    const own = this.#computed[model];
    return own !== undefined && Object.hasOwn(own, field) ? own[field] : undefined;
  }

  #listed(row: TableRow, { pairs, own, other }: Listed): readonly number[] {
    const rows = this.#tables.get(pairs)?.rows ?? [];
    return rows.filter((pair) => pair[own] === row['id']).map((pair) => pair[other] as number);
  }

  #taken(row: TableRow, { by, model, field }: Taken): Value {
    return this.#table(model).rows.find(({ id }) => id === row[by])?.[field] ?? null;
  }

  #column(model: string, row: TableRow, field: string): Value {
    if (!this.#table(model).types.has(field))
      throw new UnknownName(`Invalid field ${model}.${field} in condition`, false);
    return row[field] ?? null;
  }

  #modelOf(model: string, field: string): string {
    const named = NAMED_MODELS[field];
    if (named === undefined || !this.#table(model).types.has(field))
      throw new UnknownName(`Invalid field ${model}.${field} in condition`, false);
    return named;
  }

  #isRecord(field: string, type: string): boolean {
    return type === 'integer' && field.endsWith('_id');
  }

  #table(model: string): Table {
    const table = this.#tables.get(model.replaceAll('.', '_'));
    if (table === undefined) throw new UnknownName(`Object ${model} doesn't exist`, true);
    return table;
  }
}

/** One condition as Odoo takes it: `false` stands for nothing, and what is not something may be nothing. */
function compares(value: Value, operator: string, wanted: unknown): boolean {
  const isNothing = value === null || value === false;
  switch (operator) {
    case '=':
      return wanted === false ? isNothing : value === wanted;
    case '!=':
      return !compares(value, '=', wanted);
    case 'in':
      return (wanted as readonly unknown[]).some((one) => compares(value, '=', one));
    case 'not in':
      return !compares(value, 'in', wanted);
    case '<':
      return value !== null && value < (wanted as string | number);
    case '<=':
      return value !== null && value <= (wanted as string | number);
    case '>':
      return value !== null && value > (wanted as string | number);
    case '>=':
      return value !== null && value >= (wanted as string | number);
    default:
      throw new Error(`no operator: ${operator}`);
  }
}
