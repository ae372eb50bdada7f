-- What a watch is told of the other releases of its environment: what of it each of them got, and until when it was in flight.

alter table evaluation_release
  -- Some stores, or a share of the traffic; null: all of the environment.
  add column scope         jsonb,
  -- When its watch ended although it stays in place; such a release is nobody's suspect any more.
  add column settled_at_ms bigint;

alter table evaluation_watch
  -- The releases in flight that it was told of last; null: none of it yet.
  add column nearby jsonb;
