-- A workspace may have ten thousand automations: what shows a few of them finds those few.

-- in the order of the list
create index automations_by_name on automations (workspace_id, lower(name), id) where deleted_at is null;
-- those that listened to a record's events, the oldest first
create index automations_by_object on automations (workspace_id, trigger_object, created_at, id) where deleted_at is null;
-- those that were switched off since they kept failing
create index automations_paused on automations (workspace_id, updated_at)
  where status = 'inactive' and deleted_at is null and flags @> '[{"code": "FAILING"}]';
