-- Which runs of a month ended late: asked when the month is dropped, so that what isn't old yet is kept. A few pages for a
-- million runs, since they end nearly in the order in which they began.
create index runs_done_finished on runs_done using brin (finished_at) with (autosummarize = on);
create index runs_failed_finished on runs_failed using brin (finished_at) with (autosummarize = on);
create index runs_skipped_finished on runs_skipped using brin (finished_at) with (autosummarize = on);
