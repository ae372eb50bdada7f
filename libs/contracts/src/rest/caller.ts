/** GET /v1/me: who the caller is. */
export interface CallerView {
  readonly tenant: string;
  readonly subject: string;
  readonly roles: readonly string[];
  /** To be sent as `X-CSRF-Token` on every change made with a session cookie; absent for bearer tokens. */
  readonly csrfToken?: string;
  readonly expiresAt?: string;
}
