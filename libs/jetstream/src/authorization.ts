/** What one user of the NATS server may do. */
export interface NatsUser {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The users of `deploy/nats/users.json`, by name. */
export type NatsUsers = Readonly<Record<string, NatsUser>>;

/** The `authorization` block of a nats.conf for these users; throws where a password is missing. */
export function authorizationConfig(users: NatsUsers, passwords: Readonly<Record<string, string>>): string {
  const blocks = Object.entries(users).map(([name, { publish, subscribe }]) => {
    const password = passwords[name];
    if (password === undefined || password === '') throw new Error(`no password for the NATS user ${name}`);
    // JSON texts are valid there, and quoting keeps a `$` from being read as a variable.
    return [
      `    { user: ${JSON.stringify(name)}, password: ${JSON.stringify(password)}`,
      `      permissions: { publish: { allow: ${JSON.stringify(publish)} }, subscribe: { allow: ${JSON.stringify(subscribe)} } } }`,
    ].join('\n');
  });
  return `authorization {\n  users: [\n${blocks.join('\n')}\n  ]\n}\n`;
}
