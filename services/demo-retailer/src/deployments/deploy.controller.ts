import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type ShopConfig } from '../config.js';
import { Problem } from '../problem.js';
import { FAULTS, type Fault } from '../trade/behaviour.js';
import { Trading } from '../trade/trading.js';
import { Deployments } from './deployments.js';
import { deployRequest, type RunningVersion } from './deployment.js';
import { ENDPOINT_FAULTS, type EndpointFault, EndpointFaults } from './faults.js';
import { isBearer } from './signature.js';

const faultRequest = z.object({
  trading: z
    .enum(Object.keys(FAULTS) as [Fault, ...Fault[]])
    .nullable()
    .optional(),
  deployments: z.array(z.enum(ENDPOINT_FAULTS)).max(100).optional(),
});

interface FaultsView {
  readonly trading: Fault | null;
  readonly deployments: readonly EndpointFault[];
}

/** The shop's own CD, and the troubles one can ask for; both with the secret as bearer token. */
@Controller()
export class DeployController {
  constructor(
    @Inject(Deployments) private readonly deployments: Deployments,
    @Inject(Trading) private readonly trading: Trading,
    @Inject(EndpointFaults) private readonly endpoint: EndpointFaults,
    @Inject(CONFIG) private readonly config: ShopConfig,
  ) {}

  /** Puts a version live. */
  @Post('deploy')
  @HttpCode(200)
  async deploy(
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
  ): Promise<{ running: readonly RunningVersion[] }> {
    this.authenticate(authorization);
    const request = parse(deployRequest, body);
    const unknown = (request.components ?? []).find((component) => !this.config.components.includes(component));
    if (unknown !== undefined)
      throw new Problem(
        422,
        'invalid',
        `no component ${unknown} here; there are ${this.config.components.join(', ')}`,
        { field: '/components' },
      );
    return { running: await this.deployments.deploy(request) };
  }

  @Get('faults')
  faults(@Headers('authorization') authorization: string | undefined): FaultsView {
    this.authenticate(authorization);
    return this.view();
  }

  /** Makes the shop trade badly whatever runs, and queues troubles of the deployment endpoint. */
  @Post('faults')
  @HttpCode(200)
  inject(@Headers('authorization') authorization: string | undefined, @Body() body: unknown): FaultsView {
    this.authenticate(authorization);
    const request = parse(faultRequest, body);
    if (request.trading !== undefined) this.trading.inject(request.trading);
    this.endpoint.add(request.deployments ?? []);
    return this.view();
  }

  @Delete('faults')
  @HttpCode(200)
  clear(@Headers('authorization') authorization: string | undefined): FaultsView {
    this.authenticate(authorization);
    this.trading.inject(null);
    this.endpoint.clear();
    return this.view();
  }

  private view(): FaultsView {
    return { trading: this.trading.injectedFault(), deployments: this.endpoint.waiting() };
  }

  private authenticate(authorization: string | undefined): void {
    if (!isBearer(this.config.deploymentSecret, authorization))
      throw new Problem(401, 'unauthenticated', 'the deployment secret is needed as bearer token');
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(422, 'invalid', issue?.message ?? 'invalid', { field: `/${(issue?.path ?? []).join('/')}` });
}
