import { readFileSync } from 'node:fs';
import { isTokenShaped } from '@parapet/policy';
import type { Command } from 'commander';
import { Client } from './client.js';
import { EXIT, Failure } from './exit.js';
import { type Paint, paintFor } from './render/paint.js';
import type { World } from './world.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly idempotencyKey?: string;
}

const WIDTH = 80;
const WIDTH_MAX = 140;

/** What a command works with: its options, Parapet, and where its answer goes. */
export class Context {
  readonly isJson: boolean;
  readonly paint: Paint;
  readonly width: number;

  constructor(
    readonly world: World,
    private readonly options: CommonOptions,
  ) {
    this.isJson = options.json === true;
    this.paint = paintFor(world.env, world.stdout);
    this.width = Math.min(WIDTH_MAX, Math.max(40, world.stdout.columns ?? WIDTH));
  }

  static of(world: World, command: Command): Context {
    return new Context(world, command.optsWithGlobals());
  }

  /** Whether somebody said where Parapet is. */
  get hasServer(): boolean {
    const server = this.options.server ?? this.world.env['PARAPET_URL'];
    return server !== undefined && server !== '';
  }

  /** Parapet, with the caller's token. */
  client(): Client {
    return new Client(this.world, this.server(), this.token(), this.key());
  }

  /** The answer: the value itself for machines, else the text made of it for people. */
  answer(value: unknown, text: () => string): void {
    this.world.stdout.write(this.isJson ? `${JSON.stringify(value, null, 2)}\n` : `${text().trimEnd()}\n`);
  }

  /** What happens meanwhile; never mixed with the answer. */
  progress(line: string): void {
    this.world.stderr.write(`${line}\n`);
  }

  private server(): string {
    const server = this.options.server ?? this.world.env['PARAPET_URL'];
    if (server === undefined || server === '') {
      throw new Failure(EXIT.usage, 'where is Parapet? Give --server URL or set PARAPET_URL');
    }
    const url = URL.parse(server);
    if (url === null || !['http:', 'https:'].includes(url.protocol)) {
      throw new Failure(EXIT.usage, `not an http or https address: ${server}`);
    }
    if (url.username !== '' || url.password !== '') {
      throw new Failure(
        EXIT.usage,
        'an address must not hold a user or a password; set PARAPET_TOKEN or give --token-file',
      );
    }
    return url.href;
  }

  /** Never from the command line: every process of the machine can read that. */
  private token(): string {
    const { tokenFile } = this.options;
    const token = tokenFile === undefined ? this.world.env['PARAPET_TOKEN'] : readToken(tokenFile);
    const from = tokenFile === undefined ? 'PARAPET_TOKEN' : tokenFile;
    if (token === undefined || token === '') {
      throw new Failure(EXIT.usage, 'there is no token: set PARAPET_TOKEN or give --token-file FILE');
    }
    if (!isTokenShaped(token)) {
      throw new Failure(EXIT.usage, `${from} does not hold a whole Parapet token (ppt_…): was it cut or mistyped?`);
    }
    return token;
  }

  private key(): string | undefined {
    const { idempotencyKey } = this.options;
    if (idempotencyKey !== undefined && !/^[A-Za-z0-9._:-]{1,128}$/.test(idempotencyKey)) {
      throw new Failure(EXIT.usage, '--idempotency-key takes 1 to 128 characters of A-Z, a-z, 0-9 and . _ : -');
    }
    return idempotencyKey;
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Failure(
      EXIT.usage,
      `cannot read the token file ${file}: ${(cause as NodeJS.ErrnoException).code}`,
      undefined,
      { cause },
    );
  }
}
