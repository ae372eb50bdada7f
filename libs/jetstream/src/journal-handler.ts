import { BaseRpcContext, EventPattern } from '@nestjs/microservices';
import { applyDecorators, type ArgumentsHost, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import type { EventType } from '@parapet/contracts';
import { type Observable, throwError } from 'rxjs';

/** Tells our handlers apart from those of other transports in the same process. */
export const TRANSPORT = Symbol.for('parapet.jetstream');

interface Position {
  readonly subject: string;
  readonly streamSeq: number;
  readonly receivedAtMs: number;
  readonly deliveries: number;
  readonly traceparent: string | undefined;
}

/** Where a handled event stands in its stream; what `@Ctx()` gives. */
export class JetStreamContext extends BaseRpcContext<[Position]> {
  get subject(): string {
    return this.args[0].subject;
  }

  get streamSeq(): number {
    return this.args[0].streamSeq;
  }

  /** The stream's own stamp. */
  get receivedAtMs(): number {
    return this.args[0].receivedAtMs;
  }

  /** How often the server has delivered it, this time included. */
  get deliveries(): number {
    return this.args[0].deliveries;
  }

  get traceparent(): string | undefined {
    return this.args[0].traceparent;
  }
}

/**
 * Marks a method as the handler of journal events of one type, or with `*` of all:
 * `handler(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext)`. The event is acknowledged once its promise has resolved.
 */
export function JournalHandler(type: EventType | '*'): MethodDecorator {
  // `EventPattern('literal')` picks an overload that refuses a typed context; named explicitly it does not.
  // The filter belongs to the handler: one set on a microservice after `connectMicroservice` is never asked.
  return applyDecorators(EventPattern<string>(type, TRANSPORT), UseFilters(RethrowRpcErrors)) as MethodDecorator;
}

/**
 * Lets handlers' failures through to the strategy. Nest's default turns each into the same `{status:'error'}`, and what may be
 * tried again could not be told from what never will succeed.
 */
@Catch()
export class RethrowRpcErrors implements RpcExceptionFilter<unknown> {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}
