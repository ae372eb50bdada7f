import { Body, Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { cloudEvent, isPublicType, type Page, type ReleaseView } from '@parapet/contracts';
import { ConfigurationWatcher, ProblemError } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import {
  phaseBody,
  readBody,
  readCount,
  readCursor,
  readLimit,
  registerReleaseBody,
  writeCursor,
} from '../http/requests.js';
import { Deployments } from './deployments.js';
import { streamEvents } from './event-stream.js';
import { Live } from './live.js';
import { Registration } from './registration.js';
import { type ReleaseQuery, Releases } from './releases.js';
import { findRelease, listReleases } from './release-store.js';
import { ReleaseStreams } from './release-streams.js';
import { Staleness } from './staleness.js';

interface ListQuery {
  readonly limit?: string;
  readonly after?: string;
  readonly environment?: string;
  readonly workload?: string;
  readonly phase?: string;
}

/** Releases: registering them, their phases, and their story. */
@Controller('v1/releases')
export class ReleasesController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(ConfigurationWatcher) private readonly configurations: ConfigurationWatcher,
    @Inject(Registration) private readonly registration: Registration,
    @Inject(Deployments) private readonly deployments: Deployments,
    @Inject(Releases) private readonly releases: Releases,
    @Inject(ReleaseStreams) private readonly streams: ReleaseStreams,
    @Inject(Live) private readonly live: Live,
    @Inject(Staleness) private readonly staleness: Staleness,
  ) {}

  @Post()
  async register(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'register');
    const asked = readBody(registerReleaseBody, body);
    return this.changes.run(request, reply, caller, async (tx) => {
      const configuration = this.configurations.current(caller.tenant);
      if (configuration === null)
        throw new ProblemError(
          409,
          'no-configuration',
          'nothing is configured for this tenant: apply a configuration first',
        );
      const { release, isNew } = await this.registration.register(tx, configuration, asked, byOf(request, caller));
      const headers = { ETag: `"${release.view.revision}"`, Location: `/v1/releases/${release.id}` };
      return { status: isNew ? 201 : 200, headers, body: release.view };
    });
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Query() query: ListQuery): Promise<Page<ReleaseView>> {
    const caller = await this.door.open(request, 'read');
    const limit = readLimit(query.limit);
    const { environment, workload, phase } = query;
    const filter = {
      ...(environment === undefined ? {} : { environment }),
      ...(workload === undefined ? {} : { workload }),
      ...(phase === undefined ? {} : { phase }),
    };
    const after = readCursor(query.after, Date.now());
    const { rows, views } = await this.db.transact(caller.tenant, async (tx) => {
      const found = await listReleases(tx, filter, after, limit + 1);
      const shown = found.slice(0, limit).map((row) => row.view);
      return { rows: found, views: await this.staleness.shownAll(tx, shown) };
    });
    const last = rows.slice(0, limit).at(-1);
    return {
      items: views,
      next: rows.length > limit && last !== undefined ? writeCursor(last, Date.now()) : null,
    };
  }

  @Get(':id')
  async show(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Query() query: ReleaseQuery,
  ): Promise<ReleaseView> {
    const caller = await this.door.open(request, 'read');
    const view = await this.releases.show(caller.tenant, id, query);
    void reply.header('ETag', `"${view.revision}"`);
    return view;
  }

  @Post(':id/phases')
  async changePhase(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Query() query: ReleaseQuery,
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'register');
    const asked = readBody(phaseBody, body);
    return this.changes.run(request, reply, caller, async (tx) => {
      const place = await this.releases.find(tx, id, query);
      await this.deployments.changePhase(tx, place, asked, byOf(request, caller));
      const release = await findRelease(tx, place.id);
      if (release === null) throw new Error(`release ${place.id} changed its phase and is not there`);
      return { status: 200, headers: { ETag: `"${release.view.revision}"` }, body: release.view };
    });
  }

  /** The whole list, or live where the caller accepts `text/event-stream`. */
  @Get(':id/events')
  async events(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('id') id: string,
    @Query() query: ReleaseQuery & { readonly after?: string; readonly limit?: string },
  ): Promise<void> {
    const caller = await this.door.open(request, 'read');
    const place = await this.db.transact(caller.tenant, (tx) => this.releases.find(tx, id, query));
    const read = (after: number) => this.db.transact(caller.tenant, (tx) => this.streams.read(tx, place, after));
    const isLive = (request.headers.accept ?? '').includes('text/event-stream');
    const after = readCount('after', isLive ? (lastEventId(request) ?? query.after) : query.after);
    if (isLive) {
      reply.hijack();
      reply.raw.writeHead(200, {
        ...sentHeaders(reply),
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
        // Kept alive it would outlive the stream, and hold up the end of the process.
        Connection: 'close',
      });
      await streamEvents(reply.raw, this.live, place, after, read);
      return;
    }
    const limit = readLimit(query.limit ?? '200');
    const rows = (await read(after)).filter((row) => isPublicType(row.type));
    const items = rows.slice(0, limit).map(cloudEvent);
    const next = rows.length > limit ? String(rows[limit - 1]?.version) : null;
    await reply.header('Cache-Control', 'no-store').send({ items, next });
  }
}

function lastEventId(request: FastifyRequest): string | undefined {
  const id = request.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** What was set on the reply before it was taken over. */
function sentHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}
