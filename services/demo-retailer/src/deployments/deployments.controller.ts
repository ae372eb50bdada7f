import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Inject, Post, type RawBodyRequest, Req, Res } from '@nestjs/common';
import { CONFIG, type ShopConfig } from '../config.js';
import { Problem } from '../problem.js';
import { type DeploymentAnswer, Deployments } from './deployments.js';
import { deploymentRequest, type RunningVersion } from './deployment.js';
import { type EndpointFault, EndpointFaults } from './faults.js';
import { isSigned } from './signature.js';

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly raw: { readonly socket: { destroy(): void } };
}

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): Reply;
  hijack(): Reply;
}

const HANG_MS = 60_000;

/** The generic webhook target: signed deployments, asked for by key, and what runs. */
@Controller('deployments')
export class DeploymentsController {
  constructor(
    @Inject(Deployments) private readonly deployments: Deployments,
    @Inject(EndpointFaults) private readonly faults: EndpointFaults,
    @Inject(CONFIG) private readonly config: ShopConfig,
  ) {}

  @Post()
  async order(@Req() request: RawBodyRequest<Request>, @Res() reply: Reply): Promise<void> {
    const body = request.rawBody ?? Buffer.alloc(0);
    this.authenticate(request, body);
    const parsed = deploymentRequest.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Problem(422, 'invalid', issue?.message ?? 'not a deployment', {
        field: `/${(issue?.path ?? []).join('/')}`,
      });
    }
    if (request.headers['webhook-id'] !== parsed.data.key)
      throw new Problem(422, 'invalid', 'webhook-id and key differ', { field: '/key' });
    const fault = this.faults.next();
    if (isBefore(fault)) return trouble(fault, request, reply);
    const answer = await this.deployments.order(parsed.data);
    if (fault !== null) return trouble(fault, request, reply);
    send(answer, reply, `/deployments?key=${encodeURIComponent(parsed.data.key)}`);
  }

  @Get()
  async ask(@Req() request: RawBodyRequest<Request>, @Res() reply: Reply): Promise<void> {
    this.authenticate(request, Buffer.alloc(0));
    const { key, target } = request.query;
    if (key !== undefined) {
      reply.code(200).send(await this.deployments.stateOf(key));
      return;
    }
    const running = target === undefined ? null : await this.deployments.running(target);
    if (running === null) throw new Problem(404, 'unknown-target', `this shop deploys to ${this.config.target}`);
    reply.code(200).send(asRunning(running));
  }

  private authenticate(request: Request, body: Buffer): void {
    const headers = {
      id: request.headers['webhook-id'],
      timestamp: request.headers['webhook-timestamp'],
      signature: request.headers['webhook-signature'],
    };
    if (!isSigned(this.config.deploymentSecret, headers, body, Date.now()))
      throw new Problem(401, 'unauthenticated', 'not signed, or signed wrongly');
  }
}

/** What runs, in the words of a deployment's `to`; the release of the largest share speaks for the whole. */
function asRunning(running: readonly RunningVersion[]): object {
  const largest = running.reduce<RunningVersion | null>(
    (best, r) => (best === null || r.share > best.share ? r : best),
    null,
  );
  return {
    release: largest?.release ?? null,
    components: running.map(({ component, version, artifact, share, by }) => ({
      component,
      version,
      ...(artifact === null ? {} : { artifact }),
      share,
      by,
    })),
  };
}

function send(answer: DeploymentAnswer, reply: Reply, location: string): void {
  switch (answer.kind) {
    case 'done':
      reply.code(200).send({ state: 'done' });
      return;
    case 'accepted':
      reply.code(202).header('location', location).send({ state: 'running' });
      return;
    case 'already-done':
      throw new Problem(409, 'already-done', 'this is what runs, or was done under this key');
    case 'stale-fence':
      throw new Problem(409, 'stale-fence', `a newer actuator was here, with fence ${answer.fence}`, {
        current: { fence: answer.fence },
      });
    case 'precondition':
      throw new Problem(412, 'precondition', 'something else runs than the order expects', {
        current: asRunning(answer.running),
      });
    case 'key-reused':
      throw new Problem(422, 'key-reused', 'the key was used for another deployment', { field: '/key' });
    case 'refused':
      throw new Problem(422, 'refused', answer.reason);
    default: {
      const never: never = answer;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}

function isBefore(fault: EndpointFault | null): fault is EndpointFault {
  return fault === 'unavailable' || fault === 'slow-down' || fault === 'redirect';
}

/** Plays a fault: the first three before anything is done, the others after the work is done. */
async function trouble(fault: EndpointFault, request: Request, reply: Reply): Promise<void> {
  switch (fault) {
    case 'unavailable':
      throw new Problem(503, 'unavailable', 'the shop was told to be unavailable');
    case 'slow-down':
      reply.code(429).header('retry-after', '1').send({ code: 'slow-down' });
      return;
    case 'redirect':
      reply.code(307).header('location', '/deployments').send('');
      return;
    case 'hang':
      await sleep(HANG_MS, undefined, { ref: false });
      break;
    case 'drop-answer':
      break;
    default: {
      const never: never = fault;
      throw new Error(`unreachable: ${String(never)}`);
    }
  }
  reply.hijack();
  request.raw.socket.destroy();
}
