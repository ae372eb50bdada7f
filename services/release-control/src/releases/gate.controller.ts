import { Controller, Get, Header, Inject, Param, Query, Req } from '@nestjs/common';
import type { EvidenceView, SeriesView, VerdictView } from '@parapet/contracts';
import { ProblemError } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import type { FastifyRequest } from '@parapet/nest';
import { Door } from '../access/door.js';
import { readCount, readLimit } from '../http/requests.js';
import { evidenceOf } from './evidence.js';
import { Live, Waiter } from './live.js';
import { type ReleaseQuery, Releases } from './releases.js';
import { databaseNow } from './release-store.js';
import { ReleaseStreams } from './release-streams.js';
import { RecentSeries } from './series.js';
import { isOtherVerdict, LastVerdicts, unknownRelease, verdictView } from './verdict.js';

const WAIT_SECONDS_MAX = 60;

type VerdictQuery = ReleaseQuery & { readonly unknown?: string; readonly wait?: string };

/** For systems that ask instead of listening, and for those who want to see what a verdict rests on. */
@Controller('v1/releases')
export class GateController {
  private readonly last = new LastVerdicts();

  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Database) private readonly db: Database,
    @Inject(Releases) private readonly releases: Releases,
    @Inject(ReleaseStreams) private readonly streams: ReleaseStreams,
    @Inject(Live) private readonly live: Live,
    @Inject(RecentSeries) private readonly series: RecentSeries,
  ) {}

  @Get(':id/verdict')
  @Header('Cache-Control', 'no-store')
  async verdict(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: VerdictQuery,
  ): Promise<VerdictView> {
    const caller = await this.door.open(request, 'read');
    const waitMs = readWait(query.wait) * 1000;
    const key = JSON.stringify([caller.tenant, id, query.name, query.environment]);
    try {
      const view = await this.ask(caller.tenant, id, query, waitMs);
      this.last.remember(key, view);
      return view;
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      const known = this.last.whileAway(key);
      if (known === null) throw error;
      return known;
    }
  }

  @Get(':id/series')
  @Header('Cache-Control', 'no-store')
  async chart(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: ReleaseQuery,
  ): Promise<SeriesView> {
    const caller = await this.door.open(request, 'read');
    const release = await this.releases.show(caller.tenant, id, query);
    return this.series.of(caller.tenant, release);
  }

  @Get(':id/evidence')
  async evidence(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: ReleaseQuery & { readonly after?: string; readonly limit?: string },
  ): Promise<EvidenceView> {
    const caller = await this.door.open(request, 'read');
    const after = readCount('after', query.after);
    const limit = readLimit(query.limit ?? '200');
    return this.db.transact(caller.tenant, async (tx) => {
      const place = await this.releases.find(tx, id, query);
      return evidenceOf(tx, place.id, after, limit);
    });
  }

  private async ask(tenant: string, id: string, query: VerdictQuery, waitMs: number): Promise<VerdictView> {
    const first = await this.look(tenant, id, query);
    if (waitMs === 0 || first.reason === 'unknown-release') return first;
    const waiter = new Waiter(this.live, tenant, first.release);
    const endsAtMs = Date.now() + waitMs;
    try {
      for (;;) {
        const now = await this.look(tenant, first.release, {});
        const restMs = endsAtMs - Date.now();
        if (isOtherVerdict(first, now) || restMs <= 0 || this.live.stopped) return now;
        await waiter.next(restMs);
      }
    } finally {
      waiter.close();
    }
  }

  private look(tenant: string, id: string, query: VerdictQuery): Promise<VerdictView> {
    return this.db.transact(tenant, async (tx) => {
      const nowMs = await databaseNow(tx);
      const place = await (query.unknown === 'pending'
        ? this.releases.findMaybe(tx, id, query)
        : this.releases.find(tx, id, query));
      const view = place === null ? null : verdictView(await this.streams.read(tx, place), nowMs);
      return view ?? unknownRelease(id, nowMs);
    });
  }
}

function readWait(wait: string | undefined): number {
  const seconds = Number(wait ?? 0);
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= WAIT_SECONDS_MAX) return seconds;
  throw new ProblemError(422, 'invalid', `wait must be seconds from 0 to ${WAIT_SECONDS_MAX}`, { field: '/wait' });
}
