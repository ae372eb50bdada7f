import 'reflect-metadata';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type HandlingOutcome, type JetStreamConnection, JetStreamStrategy } from '@parapet/jetstream';
import { Metrics, type ServiceLogger, flushTraces, makeLogger } from '@parapet/telemetry';
import { EnvironmentInvalid, type ServiceVariables } from './environment.js';
import { type FastifyReply, type FastifyRequest, makeHttp } from './fastify.js';
import { NestLogger } from './nest-logger.js';
import { ProblemFilter } from './problem-filter.js';
import { unavailable } from './problem.js';
import { Readiness } from './readiness.js';
import { JETSTREAM, LOGGER } from './service-module.js';
import { followTls, type TlsFiles, tlsOptions } from './tls.js';

const BODY_BYTES_MAX = 8 * 1024 * 1024;
const DRAIN_MS = 10_000;

export interface StartOptions {
  readonly service: string;
  readonly config: Pick<ServiceVariables, 'HOST' | 'PORT' | 'PARAPET_LOG_LEVEL'>;
  /** Name of the durable consumer whose journal events this service's `JournalHandler`s take; none: no events. */
  readonly consumer?: string;
  /** Bodies under these paths reach the handlers as bytes (`/v1/ingest/`). */
  readonly rawPaths?: readonly string[];
  /** Ends TLS itself with these files; null or absent: plain HTTP. */
  readonly tls?: TlsFiles | null;
  /** Last touches before it listens: cookies, static files. */
  readonly prepare?: (app: NestFastifyApplication) => Promise<void> | void;
}

/** A service that listens. */
export interface RunningService {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** Stops taking requests, lets what runs end, closes everything. */
  close(): Promise<void>;
}

/** Senders in a storm that are told to come later connect anew; with a short queue the kernel leaves them waiting for seconds, unanswered. */
const BACKLOG = 4_096;

/**
 * Starts a service: HTTP with problem documents and request ids, `/healthz`, `/readyz`, `/metrics`, its journal consumer if it has one,
 * and an orderly end on SIGTERM and SIGINT. The module must import `ServiceModule.register(…)`.
 */
export async function startService(
  module: Type<unknown> | DynamicModule,
  options: StartOptions,
): Promise<RunningService> {
  const tls = options.tls ?? null;
  const http = makeHttp({
    rawPaths: options.rawPaths ?? ['/v1/ingest/'],
    bodyBytesMax: BODY_BYTES_MAX,
    ...(tls === null ? {} : { https: tlsOptions(tls) }),
  });
  const early = makeLogger({ service: options.service, level: options.config.PARAPET_LOG_LEVEL });
  const app = await NestFactory.create<NestFastifyApplication>(module, http.adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: new NestLogger(early),
  });
  const logger = app.get<ServiceLogger>(LOGGER, { strict: false });
  const metrics = app.get(Metrics, { strict: false });
  const readiness = app.get(Readiness, { strict: false });
  app.useGlobalFilters(new ProblemFilter(logger, http.allowed));
  watchRequests(app, metrics, readiness);
  servePages(app, metrics, readiness);
  await options.prepare?.(app);
  if (options.consumer !== undefined) connectConsumer(app, options.consumer, logger, metrics);
  await app.startAllMicroservices();
  await app.listen({ port: options.config.PORT, host: options.config.HOST, backlog: BACKLOG });
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `${tls === null ? 'http' : 'https'}://${options.config.HOST}:${port}`;
  logger.info({ url }, 'listening');
  const unfollow = tls === null ? () => {} : followTls(app.getHttpServer() as unknown as Server, tls, logger);
  const close = closer(app, readiness, logger, unfollow);
  endOnSignals(close, logger);
  return { app, url, close };
}

/** Runs a service's start and ends the process with one sentence, not a stack, where it cannot start. */
export function runMain(start: () => Promise<unknown>): void {
  start().catch((error: unknown) => {
    const isTold = error instanceof EnvironmentInvalid || (error instanceof Error && error.cause !== undefined);
    process.stderr.write(
      `${isTold ? (error as Error).message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  });
}

function connectConsumer(app: NestFastifyApplication, consumer: string, logger: ServiceLogger, metrics: Metrics): void {
  const strategy = new JetStreamStrategy({
    connection: app.get<JetStreamConnection>(JETSTREAM, { strict: false }),
    consumer,
    stream: 'EVENTS',
    onOutcome: (outcome) => recordOutcome(outcome, logger, metrics),
    onTrouble: (what, error) => logger.warn({ err: error, consumer }, what),
  });
  // Without the application's filters: problem documents are for requests, and a message's failure must reach the strategy as it is
  // (`JournalHandler` sees to that). Not initialised later than the application: every start-up hook would then run twice.
  app.connectMicroservice({ strategy }, { inheritAppConfig: false });
}

/** Counts how the handling of messages ended, and logs what failed; for consumers of the journal and of signals alike. */
export function recordOutcome(outcome: HandlingOutcome, logger: ServiceLogger, metrics: Metrics): void {
  const { consumer, durationMs, error } = outcome;
  metrics.count('parapet_messages_handled_total', { consumer, outcome: outcome.outcome });
  metrics.observe('parapet_message_seconds', { consumer }, durationMs / 1_000);
  if (outcome.outcome === 'dead') {
    metrics.count('parapet_dead_letters_total', { consumer });
    logger.error({ err: error, consumer }, 'a message was set aside; `parapet dead list` shows it');
  } else if (outcome.outcome !== 'done') {
    logger.warn(
      { err: error, consumer },
      outcome.outcome === 'waited' ? 'a message waits for something that is away' : 'a message failed and comes again',
    );
  }
}

function watchRequests(app: NestFastifyApplication, metrics: Metrics, readiness: Readiness): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    if (!readiness.isDraining || request.url === '/healthz' || request.url === '/metrics') {
      done();
      return;
    }
    void reply.header('connection', 'close');
    done(unavailable('this instance is shutting down; another one takes it', 1));
  });
  // What was under way when the end began must not keep its connection for a next request: the server waits for it.
  fastify.addHook(
    'onSend',
    (
      _: FastifyRequest,
      reply: FastifyReply,
      payload: unknown,
      done: (error: Error | null, payload: unknown) => void,
    ) => {
      if (readiness.isDraining) void reply.header('connection', 'close');
      done(null, payload);
    },
  );
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const labels = { route: request.routeOptions.url ?? 'none', method: request.method };
    metrics.count('parapet_http_requests_total', { ...labels, status: String(reply.statusCode) });
    metrics.observe('parapet_http_request_seconds', labels, reply.elapsedTime / 1_000);
    done();
  });
}

function servePages(app: NestFastifyApplication, metrics: Metrics, readiness: Readiness): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/healthz', (_: FastifyRequest, reply: FastifyReply) => reply.send({ status: 'ok' }));
  fastify.get('/readyz', async (_: FastifyRequest, reply: FastifyReply) => {
    const { isReady, dependencies } = await readiness.report();
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : readiness.isDraining ? 'shutting-down' : 'not-ready', dependencies });
  });
  fastify.get('/metrics', async (_: FastifyRequest, reply: FastifyReply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.page()),
  );
}

function closer(
  app: NestFastifyApplication,
  readiness: Readiness,
  logger: ServiceLogger,
  unfollow: () => void,
): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= (async () => {
      readiness.isDraining = true;
      unfollow();
      // Streams that never end by themselves must not hold up the end for ever.
      const force = setTimeout(() => {
        logger.warn('some requests did not end in time; their connections are closed');
        (app.getHttpServer() as { closeAllConnections(): void }).closeAllConnections();
      }, DRAIN_MS);
      try {
        await app.close();
        await flushTraces();
      } finally {
        clearTimeout(force);
      }
    })();
    return closing;
  };
}

function endOnSignals(close: () => Promise<void>, logger: ServiceLogger): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'shutting down');
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'the shutdown failed');
          process.exit(1);
        },
      );
    });
  }
}
