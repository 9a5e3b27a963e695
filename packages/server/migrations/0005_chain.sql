-- The runs of a chain, and those that one run started. Skipped runs don't know theirs.
create index runs_live_by_chain on runs_live (workspace_id, chain_id, id);
create index runs_done_by_chain on runs_done (workspace_id, chain_id, id);
create index runs_failed_by_chain on runs_failed (workspace_id, chain_id, id);
create index runs_live_by_parent on runs_live (workspace_id, parent_run_id, id) where parent_run_id is not null;
create index runs_done_by_parent on runs_done (workspace_id, parent_run_id, id) where parent_run_id is not null;
create index runs_failed_by_parent on runs_failed (workspace_id, parent_run_id, id) where parent_run_id is not null;
