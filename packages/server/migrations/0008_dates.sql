-- What follows the dates of records: one row for each active automation with the trigger date.reached.
create table date_triggers (
  workspace_id uuid not null,
  automation_id uuid not null,
  since timestamptz not null,                 -- dates that were due by then start nothing
  state text not null,                        -- filling: goes through the records | ready | dropping: its alarms go
  cursor uuid,                                -- the last record that was gone through
  until_id uuid,                              -- the newest record when that began; later ones come by their events
  seen int not null default 0,
  total int,
  touched_at timestamptz not null default now(),
  primary key (workspace_id, automation_id)
);

-- When a record's date is reached next. The row goes when it is.
create table date_alarms (
  workspace_id uuid not null,
  automation_id uuid not null,
  record_id uuid not null,
  due_at timestamptz not null,
  primary key (workspace_id, automation_id, record_id)
) with (autovacuum_vacuum_scale_factor = 0.05);
create index date_alarms_due on date_alarms (workspace_id, automation_id, due_at);

-- What was reached: each date of a record starts an automation once. Kept for a year.
create table date_firings (
  workspace_id uuid not null,
  automation_id uuid not null,
  record_id uuid not null,
  moment text not null,                       -- '2026-12-01 close_date -3 days'
  at timestamptz not null default now(),
  primary key (workspace_id, automation_id, record_id, moment)
);
create index date_firings_by_age on date_firings (at);
