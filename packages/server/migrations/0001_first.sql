-- The whole store. `workspace_id` leads every key, so that a workspace can move to another database.
-- Ids are UUIDs whose leading bits are the DATABASE's time (uuidv7); the time-partitioned tables are ranged by them.

create table workspaces (
  id uuid primary key,
  name text not null,
  slug text not null unique,
  -- raised by every change of an automation, template or object: what a worker compiled from an older number is stale
  automations_rev bigint not null default 1,
  signing_secrets jsonb not null default '[]',      -- [{sealed, created_at, expires_at?}], the current one first
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

-- ── CRM data ────────────────────────────────────────────────────────────────
create table objects (
  workspace_id uuid not null references workspaces,
  slug text not null,
  name text not null,
  icon text not null default 'database',
  description text,
  standard boolean not null default false,
  position int not null default 0,
  created_at timestamptz not null default now(),
  primary key (workspace_id, slug)
);

create table fields (
  workspace_id uuid not null,
  object text not null,
  slug text not null,
  id uuid not null,
  name text not null,
  type text not null,
  required boolean not null default false,
  is_unique boolean not null default false,
  default_value jsonb,
  options jsonb,
  position int not null default 0,
  primary key (workspace_id, object, slug),
  foreign key (workspace_id, object) references objects on delete cascade
);

create table records (
  workspace_id uuid not null,
  id uuid not null,
  object text not null,
  data jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by text,
  primary key (workspace_id, id)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
create index records_by_object on records (workspace_id, object, id desc);

create table unique_values (
  workspace_id uuid not null,
  object text not null,
  field text not null,
  value text not null,
  record_id uuid not null,
  primary key (workspace_id, object, field, value)
);
create index unique_values_of_record on unique_values (workspace_id, record_id);

create table record_references (
  workspace_id uuid not null,
  target_id uuid not null,
  record_id uuid not null,
  field text not null,
  primary key (workspace_id, target_id, record_id, field)
);
create index record_references_of_record on record_references (workspace_id, record_id);

create table imports (
  workspace_id uuid not null,
  id uuid not null,
  object text not null,
  status text not null,               -- queued | running | done | failed | cancelled
  total int,
  processed int not null default 0,
  created int not null default 0,
  failed int not null default 0,
  errors jsonb not null default '[]', -- the first 1,000: [{line, message, field?}]
  file text not null,                 -- where the upload lies in the data folder
  options jsonb not null default '{}',
  created_by text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  error text,
  primary key (workspace_id, id)
);

-- Documents that are only ever read back whole are `json`, which is stored as it comes: making `jsonb` of them doubled the
-- time of a batch.

-- ── Events: what happened ───────────────────────────────────────────────────
create table events (
  workspace_id uuid not null,
  id uuid not null,
  type text not null,                 -- record.created | record.updated | record.deleted | schedule | webhook.received | manual
  object text,
  record_id uuid,
  at timestamptz not null,            -- the database's clock
  source text not null,               -- ui | api | import | automation | intake | schedule | webhook | manual
  actor text,                         -- user_… | key_… | run_…
  lane smallint not null,
  automation_id uuid,                 -- a schedule's tick, a webhook call and a manual start are for one automation
  changes json,                      -- {slug: {from, to}}
  after json,                        -- the record's values after the write; of a deletion, the last ones
  payload json,                      -- what came with it: {webhook: {body, headers, query}} or {tick: {at, timezone}}
  chain_id uuid not null,
  depth smallint not null,            -- 0: an outside write; n: written by a run of depth n
  path json,                         -- [[automation_id, record_id, run_id], …] of the chain, at most 20
  primary key (workspace_id, id)
) partition by range (id);
create index events_of_record on events (workspace_id, record_id, id desc) where record_id is not null;
create table events_default partition of events default;

-- The right to start runs. A row is deleted in the transaction that writes the runs.
create table outbox (
  seq bigint generated always as identity (cache 1) primary key,
  workspace_id uuid not null,
  lane smallint not null,
  record_id uuid,
  event_id uuid not null,
  tries smallint not null default 0
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index outbox_by_lane on outbox (workspace_id, lane, seq);
create index outbox_by_record on outbox (workspace_id, record_id, seq);

-- ── Automations ─────────────────────────────────────────────────────────────
create table automations (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  description text not null default '',
  status text not null default 'inactive',    -- inactive | active
  mode text not null default 'live',          -- live | test
  version int not null,
  document json  not null,                    -- {trigger, conditions, actions, serial?}: the newest version's
  trigger_event text not null,
  trigger_object text,
  activated_at timestamptz,                   -- of the last activation, null when inactive
  webhook_token text,                         -- 128 bit, of trigger webhook.received with auth token
  webhook_secret bytea,                       -- sealed whsec_…, with auth signature
  flags jsonb not null default '[]',          -- [{code, run_id, at}]
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text,
  deleted_at timestamptz,
  primary key (workspace_id, id)
);
create index automations_listening on automations (workspace_id, trigger_object, trigger_event) where status = 'active' and deleted_at is null;
create index automations_by_id on automations (id);

create table automation_versions (
  workspace_id uuid not null,
  automation_id uuid not null,
  version int not null,
  name text not null,
  document json  not null,
  created_at timestamptz not null default now(),
  created_by text,
  primary key (workspace_id, automation_id, version)
);

create table activations (
  workspace_id uuid not null,
  automation_id uuid not null,
  activated_at timestamptz not null,
  deactivated_at timestamptz,
  primary key (workspace_id, automation_id, activated_at)
);

create table schedules (
  workspace_id uuid not null,
  automation_id uuid not null,
  next_tick_at timestamptz,                   -- null: none left
  cursor jsonb,                               -- a fan-out under way: {tick_at, after_id}
  primary key (workspace_id, automation_id)
);
create index schedules_due on schedules (next_tick_at) where next_tick_at is not null;

-- Inbound webhooks: a delivery id starts one run
create table deliveries (
  workspace_id uuid not null,
  automation_id uuid not null,
  key text not null,
  event_id uuid not null,
  at timestamptz not null default now(),
  primary key (workspace_id, automation_id, key)
);
create index deliveries_by_age on deliveries (at);

-- ── Runs: one row each; the live one is also the queue ──────────────────────
create table runs (
  class text not null,                        -- live | done | failed | skipped
  workspace_id uuid not null,
  id uuid not null,
  automation_id uuid not null,
  version int not null,
  status text not null,                       -- queued running waiting succeeded failed skipped cancelled blocked
  mode text not null,                         -- live | test
  event_id uuid,
  record_id uuid,
  started_at timestamptz,
  finished_at timestamptz,
  conditions json,                           -- [[actual, passed, why?, expected?], …] in the order of the version's rules
  -- the columns below are empty in a skipped run
  trigger json,                              -- {event, source, actor, object, changes}
  steps json,                                -- finished and open steps, in order; older ones may lie in run_steps
  error json,                                -- {code, message, step_key?}
  chain_id uuid,
  depth smallint,
  path json,
  parent_run_id uuid,
  retry_of uuid,
  -- the columns below are those of a live run
  lane smallint,
  due_at timestamptz,                         -- when it wants attention; null: it waits for its turn
  rev int,                                    -- raised by every change: the fence
  attempt smallint,
  lost smallint,                              -- attempts whose worker died
  lease_by uuid,                              -- the worker that performs its effect
  cancel_requested boolean,
  serial_key text,
  wait_reason text,                           -- wait | retry | effect | turn | queued | held
  state json,                                -- position and uncut outputs; kept by failed runs for their retry
  step_chunks smallint,                       -- rows in run_steps
  tries smallint
) partition by list (class);
create table runs_live partition of runs (primary key (workspace_id, id)) for values in ('live')
  with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create table runs_done partition of runs for values in ('done') partition by range (id);
create table runs_failed partition of runs for values in ('failed') partition by range (id);
create table runs_skipped partition of runs for values in ('skipped') partition by range (id);
create table runs_done_default partition of runs_done default;
create table runs_failed_default partition of runs_failed default;
create table runs_skipped_default partition of runs_skipped default;

create index runs_live_due on runs_live (workspace_id, lane, due_at) where due_at is not null;
create index runs_live_by_automation on runs_live (workspace_id, automation_id, id);
create index runs_live_by_record on runs_live (workspace_id, record_id, id);
create index runs_live_lease on runs_live (lease_by) where lease_by is not null;
-- the few that aren't waiting, among very many that are
create index runs_live_moving on runs_live (workspace_id, id) where status <> 'waiting';
create index runs_live_test on runs_live (workspace_id, id) where mode = 'test';
create index runs_live_serial on runs_live (workspace_id, serial_key, id) where serial_key is not null;
alter table runs_done add primary key (workspace_id, id);
create index runs_done_by_automation on runs_done (workspace_id, automation_id, id);
create index runs_done_by_record on runs_done (workspace_id, record_id, id);
alter table runs_failed add primary key (workspace_id, id);
create index runs_failed_by_automation on runs_failed (workspace_id, automation_id, id);
create index runs_failed_by_record on runs_failed (workspace_id, record_id, id);
alter table runs_skipped add primary key (workspace_id, id);
create index runs_skipped_by_automation on runs_skipped (workspace_id, automation_id, id);
create index runs_skipped_by_record on runs_skipped (workspace_id, record_id, id);
-- what is rare in its partition is found without reading the rest; other rows pay nothing
create index runs_done_cancelled on runs_done (workspace_id, id) where status = 'cancelled';
create index runs_done_test on runs_done (workspace_id, id) where mode = 'test';
create index runs_failed_blocked on runs_failed (workspace_id, id) where status = 'blocked';
create index runs_failed_test on runs_failed (workspace_id, id) where mode = 'test';
create index runs_skipped_test on runs_skipped (workspace_id, id) where mode = 'test';

-- Finished steps of long runs, appended in chunks
create table run_steps (
  workspace_id uuid not null,
  run_id uuid not null,
  n smallint not null,
  steps json not null,
  primary key (workspace_id, run_id, n)
) partition by range (run_id);
create table run_steps_default partition of run_steps default;

-- Runs caused by a chain's writes, counted for the loop guard
create table chains (
  workspace_id uuid not null,
  chain_id uuid not null,
  runs int not null,
  at timestamptz not null default now(),
  primary key (workspace_id, chain_id)
);
create index chains_by_age on chains (at);

create table workers (
  id uuid primary key,
  name text not null,
  lock_key bigint not null,                   -- held as a session advisory lock: free means it died
  beat_at timestamptz not null default now(),
  claimed_seqs bigint[] not null default '{}',
  claimed_runs uuid[] not null default '{}',
  started_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 50);

-- Partitions of the month that holds `moment` and of the next `months` ones.
create function make_partitions(moment timestamptz, months int) returns void language plpgsql as $$
declare
  base text;
  start_at timestamptz;
  lower_id uuid;
  upper_id uuid;
  name text;
begin
  for i in 0..months loop
    start_at := date_trunc('month', moment at time zone 'UTC') at time zone 'UTC' + make_interval(months => i);
    lower_id := id_floor(start_at);
    upper_id := id_floor((date_trunc('month', start_at at time zone 'UTC') + interval '1 month') at time zone 'UTC');
    foreach base in array array['events', 'runs_done', 'runs_failed', 'runs_skipped', 'run_steps'] loop
      name := base || '_' || to_char(start_at at time zone 'UTC', 'YYYY_MM');
      if to_regclass(name) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', name, base, lower_id, upper_id);
      end if;
    end loop;
  end loop;
end $$;

-- The smallest uuidv7 of a moment.
create function id_floor(moment timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

select make_partitions(now(), 2);

-- ── E-mail, secrets, accounts ───────────────────────────────────────────────
create table email_templates (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  subject text not null,
  html text not null default '',
  text text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text,
  primary key (workspace_id, id)
);
create unique index email_templates_by_name on email_templates (workspace_id, name);

-- What would have been sent, had there been an SMTP server
create table captured_emails (
  workspace_id uuid not null,
  id uuid not null,
  message_id text not null,
  sender text not null,
  recipients jsonb not null,                  -- {to, cc, bcc, reply_to}
  subject text not null,
  html text,
  text text,
  run_id uuid,
  at timestamptz not null default now(),
  primary key (workspace_id, id)
);
create unique index captured_emails_once on captured_emails (workspace_id, message_id);

create table secrets (
  workspace_id uuid not null,
  name text not null,
  id uuid not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text,
  primary key (workspace_id, name)
);

create table users (
  workspace_id uuid not null,
  id uuid not null,
  email text not null,
  name text not null,
  role text not null,                         -- owner | admin | editor | viewer
  password_hash text not null,
  suspended_at timestamptz,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz,
  primary key (workspace_id, id)
);
create unique index users_by_email on users (lower(email));

create table sessions (
  token_hash bytea primary key,               -- SHA-256 of the cookie
  workspace_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  foreign key (workspace_id, user_id) references users on delete cascade
);
create index sessions_of_user on sessions (workspace_id, user_id);

-- One-time links: creating the owner, inviting a user
create table setup_tokens (
  token_hash bytea primary key,
  workspace_id uuid not null references workspaces,
  purpose text not null,                      -- owner | invite
  email text,
  role text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create table api_keys (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  type text not null,                         -- server | intake
  key_hash bytea not null unique,             -- SHA-256 of the key
  hint text not null,                         -- its first characters, to tell keys apart
  created_at timestamptz not null default now(),
  created_by text,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id)
);

create table idempotency_keys (
  workspace_id uuid not null,
  key text not null,                          -- the caller's id and its Idempotency-Key
  request_hash bytea not null,
  status int,                                 -- null while the first call is under way
  headers jsonb,
  body text,
  at timestamptz not null default now(),
  primary key (workspace_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (at);

create table audit_log (
  workspace_id uuid not null,
  id uuid not null,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,                       -- automation.updated, api_key.created, …
  target text,
  details jsonb,
  ip text,
  primary key (workspace_id, id)
);
