import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { LintView } from '@parapet/contracts';
import { ConfigurationWatcher, ProblemError } from '@parapet/nest';
import { ConfigurationStore, Database, type StoredDocument } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import { byOf, Door } from '../access/door.js';
import { mayDo } from '../access/rights.js';
import { Changes } from '../http/changes.js';
import { applyBody, lintBody, readBody } from '../http/requests.js';
import { Configurations } from './configurations.js';

/** Configuration: what is in force, and putting other in force. */
@Controller('v1/configuration')
export class ConfigurationController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(ConfigurationStore) private readonly store: ConfigurationStore,
    @Inject(Configurations) private readonly configurations: Configurations,
    @Inject(ConfigurationWatcher) private readonly watcher: ConfigurationWatcher,
  ) {}

  @Get()
  async current(
    @Req() request: FastifyRequest,
  ): Promise<{ readonly revision: number; readonly documents: readonly StoredDocument[] }> {
    const caller = await this.door.open(request, 'read');
    const { revision, documents } = await this.db.transact(caller.tenant, async (tx) => ({
      revision: await this.store.revision(tx),
      documents: await this.store.current(tx),
    }));
    const mayWrite = mayDo(caller, 'configure');
    return { revision, documents: mayWrite ? documents : documents.map(withoutCredentials) };
  }

  @Post()
  async apply(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'configure');
    const { documents, dryRun, force } = readBody(applyBody, body);
    const answer = await this.changes.run(request, reply, caller, async (tx) => {
      const o = { isDryRun: dryRun === true, force: force?.reason ?? null };
      const applied = await this.configurations.apply(tx, documents, o, byOf(request, caller));
      if ('view' in applied) return { status: 200, body: applied.view };
      const count = applied.problems.length;
      throw new ProblemError(
        422,
        'invalid-configuration',
        `${count} ${count === 1 ? 'problem' : 'problems'} in the configuration; nothing was changed`,
        {
          members: { problems: applied.problems },
        },
      );
    });
    // Who applied it may use it with the next request; other instances see it within their poll.
    await this.watcher.refresh();
    return answer;
  }

  /** What apply would refuse, and what the guardrails can see; changes nothing. */
  @Post('lint')
  @HttpCode(200)
  async lint(@Req() request: FastifyRequest, @Body() body: unknown): Promise<LintView> {
    const caller = await this.door.open(request, 'read');
    const { documents } = readBody(lintBody, body);
    return this.db.transact(caller.tenant, (tx) => this.configurations.lint(tx, documents));
  }
}

/** Credentials are references and digests, and still nobody's business but an admin's. */
function withoutCredentials(document: StoredDocument): StoredDocument {
  return { ...document, spec: redacted(document.spec) as StoredDocument['spec'] };
}

function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => name !== 'credentials' && name !== 'secret');
  return Object.fromEntries(members.map(([name, member]) => [name, redacted(member)]));
}
