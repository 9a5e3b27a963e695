-- Live runs that failed and aren't counted yet: a queue. A row is written with the run, and deleted in the transaction that
-- counts it, so each counts once.
create table failures (
  workspace_id uuid not null,
  run_id uuid not null,
  automation_id uuid not null,
  cause uuid not null,
  at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, run_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- A cause of failures, and how many of it nobody was told of.
create table failure_causes (
  workspace_id uuid not null,
  cause uuid not null,
  automation_id uuid not null,
  untold int not null,
  since timestamptz not null,                 -- the first of those
  last_at timestamptz not null,
  last_run_id uuid not null,
  alerted_at timestamptz,                     -- the last alert
  primary key (workspace_id, cause)
);
create index failure_causes_untold on failure_causes (workspace_id, untold desc, cause) where untold > 0;

-- What was told to people, or will be.
create table alerts (
  workspace_id uuid not null,
  id uuid not null,
  kind text not null,                         -- failing | paused | silent | overdue
  automation_id uuid not null,
  about text not null,                        -- the cause, the run that led to the pause, when the silence began, the tick
  at timestamptz not null default clock_timestamp(),
  since timestamptz not null,
  runs int,                                   -- failures it tells of
  run_id uuid,                                -- the newest of them; of a silence, the last run
  per_day real,                               -- of a silence: the usual number of runs
  ended_at timestamptz,                       -- of a silence and an overdue tick: when it was over
  mail text not null,                         -- pending | sent | captured | failed | off
  webhook text not null,
  error text,
  due_at timestamptz,                         -- when it wants to be sent; null: that is over
  tries smallint not null default 0,
  primary key (workspace_id, id)
);
create index alerts_due on alerts (due_at) where due_at is not null;
create index alerts_open on alerts (workspace_id, kind, automation_id) where kind in ('silent', 'overdue') and ended_at is null;
-- told once: two who notice the same at once write one
create unique index alerts_once on alerts (workspace_id, kind, automation_id, about, since);

-- Live runs by when they began, failures by when they happened. Days and hours are UTC.
create table automation_days (
  workspace_id uuid not null,
  automation_id uuid not null,
  day date not null,
  runs int not null default 0,                -- whose conditions held
  failed int not null default 0,
  skipped int not null default 0,
  primary key (workspace_id, automation_id, day)
) with (fillfactor = 80);
create index automation_days_by_day on automation_days (day);

create table workspace_hours (
  workspace_id uuid not null,
  hour timestamptz not null,
  runs int not null default 0,
  failed int not null default 0,
  skipped int not null default 0,
  events int not null default 0,
  primary key (workspace_id, hour)
) with (fillfactor = 80);

-- How far the log is counted, and since when somebody watches without a break.
create table health_state (
  workspace_id uuid primary key references workspaces on delete cascade,
  counted_to timestamptz not null,
  watched_from timestamptz not null default clock_timestamp(),
  looked_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- The moment of a uuidv7.
create function id_time(id uuid) returns timestamptz language sql immutable parallel safe as $$
  select to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
$$;

select set_config('kantos.worker', 'on', true);

-- Failures of before are counted here, runs and events of before by the first round of the chore.
insert into automation_days (workspace_id, automation_id, day, failed)
select workspace_id, automation_id, (finished_at at time zone 'UTC')::date, count(*)
from runs_failed
where status = 'failed' and mode = 'live' and finished_at is not null
  and id >= id_floor(now() - interval '14 days') and finished_at >= now() - interval '14 days'
group by 1, 2, 3;
insert into workspace_hours (workspace_id, hour, failed)
select workspace_id, date_trunc('hour', finished_at), count(*)
from runs_failed
where status = 'failed' and mode = 'live' and finished_at is not null
  and id >= id_floor(now() - interval '14 days') and finished_at >= now() - interval '14 days'
group by 1, 2;

-- Alerts are on by default from now on; until now the switch did nothing, and was stored with any other change of settings.
update workspaces set settings = settings #- '{failure_alerts,enabled}'
where settings -> 'failure_alerts' ->> 'enabled' = 'false';
