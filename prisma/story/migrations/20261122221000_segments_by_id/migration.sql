-- A segment of a published edition is found by its id also when the script of the next edition no longer has it.
CREATE INDEX "story_versions_published_segments" ON "story_versions"
    USING gin (jsonb_path_query_array("published_findings", '$.segments[*].id') jsonb_path_ops);
