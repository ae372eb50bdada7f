import { Controller, Get, Header, Inject, Param, Query, Req } from '@nestjs/common';
import type { EvidenceView, SeriesView, VerdictView } from '@parapet/contracts';
import { ProblemError } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import type { FastifyRequest } from '@parapet/nest';
import { Door } from '../access/door.js';
import { readCount, readLimit } from '../http/requests.js';
import { evidenceOf } from './evidence.js';
import { Gate, type GateQuery } from './gate.js';
import { type ReleaseQuery, Releases } from './releases.js';
import { RecentSeries } from './series.js';

const WAIT_SECONDS_MAX = 60;

/** For systems that ask instead of listening, and for those who want to see what a verdict rests on. */
@Controller('v1/releases')
export class GateController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Database) private readonly db: Database,
    @Inject(Releases) private readonly releases: Releases,
    @Inject(RecentSeries) private readonly series: RecentSeries,
    @Inject(Gate) private readonly gate: Gate,
  ) {}

  @Get(':id/verdict')
  @Header('Cache-Control', 'no-store')
  async verdict(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: GateQuery & { readonly wait?: string },
  ): Promise<VerdictView> {
    const caller = await this.door.open(request, 'read');
    const waitMs = readWait(query.wait) * 1000;
    return this.gate.ask(caller.tenant, id, query, waitMs);
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
}

function readWait(wait: string | undefined): number {
  const seconds = Number(wait ?? 0);
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= WAIT_SECONDS_MAX) return seconds;
  throw new ProblemError(422, 'invalid', `wait must be seconds from 0 to ${WAIT_SECONDS_MAX}`, { field: '/wait' });
}
