/** One thing that was looked at before a release starts. */
export interface ReadinessCheck {
  readonly name: string;
  readonly outcome: 'ok' | 'warning' | 'refused' | 'unknown';
  readonly reason: string;
  readonly link?: string;
}

export interface ReadinessAssessed {
  readonly type: 'ReadinessAssessed';
  readonly ready: boolean;
  readonly checks: readonly ReadinessCheck[];
}
