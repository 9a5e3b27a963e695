-- what was there before is told apart too, in all workspaces
select set_config('kantos.worker', 'on', true);

-- Failures of one cause stand together: the same step of the same automation, with the same error but for what differs from
-- run to run. Test runs have none.
alter table runs add column cause uuid;
create index runs_failed_by_cause on runs_failed (workspace_id, cause, id) where cause is not null;

-- An error's message without addresses, quoted values, ids, times and numbers; three-digit replies such as 404 stay.
create function failure_words(message text) returns text language sql immutable parallel safe as $$
  select regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(left(message, 1000),
    '[^\s<>"“”,;]+@[^\s<>"“”,;]+', '…', 'g'),
    '"([^"\\]|\\.)*"|“[^”]*”', '“…”', 'g'),
    '\m([a-z]{2,5}_)?[0-9a-f]{32}\M|\m[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\M', '…', 'g'),
    '[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z?)?', '#', 'g'),
    '(?<![0-9A-Za-z])(?![45][0-9][0-9](?![0-9A-Za-z])(?![.,:-][0-9]))[0-9]+([.,:-][0-9]+)*', '#', 'g')
$$;

create function failure_cause(automation_id uuid, error json) returns uuid language sql immutable parallel safe as $$
  select md5(automation_id || E'\n' || coalesce(error ->> 'step_key', '') || E'\n' || coalesce(error ->> 'code', '') || E'\n'
    || coalesce(failure_words(error ->> 'message'), ''))::uuid
$$;

update runs set cause = failure_cause(automation_id, error)
where class = 'failed' and status = 'failed' and mode = 'live' and error is not null;

-- What was made of a failed run. One that stands here no longer waits for somebody to look at it.
create table run_retries (
  workspace_id uuid not null,
  run_id uuid not null,                       -- the one that failed
  made_id uuid not null,                      -- the newest run made of it
  retried boolean not null,                   -- by a retry, which is made once; a replay can always be made
  cause uuid,
  at timestamptz not null default now(),
  primary key (workspace_id, run_id)
);
create index run_retries_by_cause on run_retries (workspace_id, cause, run_id) where cause is not null;

-- Failed live runs that nothing was made of yet: a row is written with the run and deleted with what is made of it.
create table dead_letters (
  workspace_id uuid not null,
  run_id uuid not null,
  automation_id uuid not null,
  cause uuid not null,
  primary key (workspace_id, run_id)
);
create index dead_letters_by_cause on dead_letters (workspace_id, cause, run_id);
create index dead_letters_by_automation on dead_letters (workspace_id, automation_id, run_id);

insert into run_retries (workspace_id, run_id, made_id, retried, cause)
select distinct on (f.workspace_id, f.id) f.workspace_id, f.id, r.id, false, f.cause
from runs r join runs_failed f on f.workspace_id = r.workspace_id and f.id = r.retry_of and f.status = 'failed'
where r.retry_of is not null
order by f.workspace_id, f.id, r.id desc;

insert into dead_letters (workspace_id, run_id, automation_id, cause)
select f.workspace_id, f.id, f.automation_id, f.cause from runs_failed f
where f.cause is not null
  and not exists (select from run_retries t where t.workspace_id = f.workspace_id and t.run_id = f.id);
