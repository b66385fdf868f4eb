-- Permissions are aggregates: who may what is changed by events, on top of what a migration says of the roles of the system.
ALTER TABLE "permissions" ADD COLUMN "stream_version" INTEGER NOT NULL DEFAULT 0;
-- Its name in access tokens, and nothing else.
ALTER TABLE "permissions" ADD CONSTRAINT "permissions_id_check" CHECK ("id" = "resource" || ':' || "action");

-- Nobody asks for these yet. A permission that nobody checks is a promise that nobody keeps: what checks one brings it along.
DELETE FROM "permissions" WHERE "id" IN ('partner:manage', 'process:operate');

-- Lists of users, newest first, and whom support looks for: by the beginning of an address or a name.
CREATE INDEX "users_created_at_id_idx" ON "users"("created_at", "id");
CREATE INDEX "users_email_prefix_idx" ON "users"("email" varchar_pattern_ops);
CREATE INDEX "users_display_name_prefix_idx" ON "users"(lower("display_name") text_pattern_ops);
CREATE INDEX "users_first_name_prefix_idx" ON "users"(lower("first_name") text_pattern_ops);
CREATE INDEX "users_last_name_prefix_idx" ON "users"(lower("last_name") text_pattern_ops);
