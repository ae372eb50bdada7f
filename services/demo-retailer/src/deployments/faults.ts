import { Injectable } from '@nestjs/common';

/** What can go wrong between an actuator and the shop. */
export const ENDPOINT_FAULTS = ['unavailable', 'slow-down', 'drop-answer', 'hang', 'redirect'] as const;
export type EndpointFault = (typeof ENDPOINT_FAULTS)[number];

/** Troubles that were asked for, for the next requests in this order. */
@Injectable()
export class EndpointFaults {
  private readonly queue: EndpointFault[] = [];

  add(faults: readonly EndpointFault[]): void {
    this.queue.push(...faults);
  }

  clear(): void {
    this.queue.length = 0;
  }

  next(): EndpointFault | null {
    return this.queue.shift() ?? null;
  }

  waiting(): readonly EndpointFault[] {
    return [...this.queue];
  }
}
