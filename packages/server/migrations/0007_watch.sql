-- A waiting run that wants to know what happens to its record: it awaits an event of it, or has exit conditions. Set while
-- it stands still, and only then. A write of the record finds it here, in an index that is nearly always empty.
alter table runs add column watches boolean;
create index runs_live_watching on runs_live (workspace_id, record_id) where watches;

-- The list of what waits, due soonest first, of a workspace and of an automation; a run that doesn't wait pays nothing.
create index runs_live_waiting on runs_live (workspace_id, wait_reason, due_at, id) where status = 'waiting';
create index runs_live_waiting_of on runs_live (workspace_id, automation_id, wait_reason, due_at, id) where status = 'waiting';
