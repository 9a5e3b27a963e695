-- Tests, and what was cancelled or blocked, of one automation: found without reading those of the others. Other rows pay nothing.
create index runs_live_test_of on runs_live (workspace_id, automation_id, id) where mode = 'test';
create index runs_done_test_of on runs_done (workspace_id, automation_id, id) where mode = 'test';
create index runs_failed_test_of on runs_failed (workspace_id, automation_id, id) where mode = 'test';
create index runs_skipped_test_of on runs_skipped (automation_id, id) where mode = 'test';
create index runs_done_cancelled_of on runs_done (workspace_id, automation_id, id) where status = 'cancelled';
create index runs_failed_blocked_of on runs_failed (workspace_id, automation_id, id) where status = 'blocked';
