-- Sessions of the console. Redis has copies for speed; without it people stay signed in and can sign in.

create table console_sessions (
  -- Of the secret in the cookie, which is stored nowhere.
  digest     text        not null primary key check (digest ~ '^[0-9a-f]{64}$'),
  tenant     text        not null,
  subject    text        not null,
  signed_in  timestamptz not null,
  expires_at timestamptz not null,
  csrf_token text        not null
);
comment on table console_sessions is 'Signed-in browsers; roles are not here: they are looked up in the configuration at each request.';
create index console_sessions_expiry on console_sessions (expires_at);

alter table console_sessions enable row level security;
create policy console_sessions_tenant on console_sessions
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

grant select, insert, delete on console_sessions to parapet_release_control;
