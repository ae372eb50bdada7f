-- What the shop's own deployment system remembers; apart from Odoo's tables.
CREATE SCHEMA shop;

-- What runs, by share of traffic: one row per version of a component that serves anybody.
CREATE TABLE shop.running (
  target text NOT NULL,
  component text NOT NULL,
  version text NOT NULL,
  artifact text,
  release text,
  share double precision NOT NULL CHECK (share > 0 AND share <= 1),
  by text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (target, component, version)
);

-- Every deployment ever asked for under a key: asked again, it is answered from here and done no second time.
CREATE TABLE shop.deployment (
  key text PRIMARY KEY,
  wanted_sha256 text NOT NULL,
  target text NOT NULL,
  fence bigint NOT NULL,
  wanted jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  reason text,
  asked_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX ON shop.deployment (due_at) WHERE state = 'running';

-- The highest fence seen per target: an actuator that was replaced is refused.
CREATE TABLE shop.fence (target text PRIMARY KEY, fence bigint NOT NULL);

-- What really changed, once per effect.
CREATE TABLE shop.change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  target text NOT NULL,
  by text NOT NULL,
  wanted jsonb NOT NULL
);
