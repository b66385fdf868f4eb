-- What a moderator did to a story, and when, for its author to read.
ALTER TABLE "stories" ADD COLUMN "moderation" JSONB, ADD COLUMN "moderated_at" TIMESTAMPTZ(3);
ALTER TABLE "stories" ADD CONSTRAINT "stories_moderated" CHECK (("moderation" IS NULL) = ("moderated_at" IS NULL));
-- Archived is out of every reader's sight.
ALTER TABLE "stories" ADD CONSTRAINT "stories_archived" CHECK ("status" <> 'archived' OR NOT "is_published");

-- A deleted story takes everything with it: its event StoryDeleted is what remains.
ALTER TABLE "story_versions" DROP CONSTRAINT "story_versions_story_id_fkey",
    ADD CONSTRAINT "story_versions_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "story_characters" DROP CONSTRAINT "story_characters_story_id_fkey",
    ADD CONSTRAINT "story_characters_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "story_emotions" DROP CONSTRAINT "story_emotions_story_id_fkey",
    ADD CONSTRAINT "story_emotions_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "story_segments" DROP CONSTRAINT "story_segments_story_id_fkey",
    ADD CONSTRAINT "story_segments_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "story_analyses" DROP CONSTRAINT "story_analyses_story_id_fkey",
    ADD CONSTRAINT "story_analyses_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The moderation of a story, from its first report or decision on: a row of the moderators' queue.
CREATE TABLE "story_moderations" (
    "story_id" UUID NOT NULL,
    "stream_version" INTEGER NOT NULL,
    "open_reports" INTEGER NOT NULL DEFAULT 0,
    "oldest_report_at" TIMESTAMPTZ(3),
    "decision" VARCHAR(20),
    "reason" TEXT,
    "decided_version" INTEGER,
    "decided_by" VARCHAR(50),
    "decided_at" TIMESTAMPTZ(3),
    CONSTRAINT "story_moderations_pkey" PRIMARY KEY ("story_id"),
    CONSTRAINT "story_moderations_open" CHECK ("open_reports" >= 0 AND ("open_reports" > 0) = ("oldest_report_at" IS NOT NULL)),
    CONSTRAINT "story_moderations_decision" CHECK ("decision" IN ('keep', 'unpublish', 'archive')),
    CONSTRAINT "story_moderations_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "story_moderations_open" ON "story_moderations"("oldest_report_at", "story_id") WHERE "open_reports" > 0;
CREATE INDEX "story_moderations_decided" ON "story_moderations"("decided_at", "story_id") WHERE "open_reports" = 0;

CREATE TABLE "story_reports" (
    "id" UUID NOT NULL,
    "story_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "reporter_id" VARCHAR(50) NOT NULL,
    "reason" VARCHAR(20) NOT NULL,
    "details" TEXT,
    "is_open" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "story_reports_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "story_reports_reason" CHECK ("reason" IN ('spam', 'hate', 'harassment', 'sexual', 'violence', 'self-harm', 'copyright', 'privacy', 'other')),
    CONSTRAINT "story_reports_details_length" CHECK (char_length("details") <= 2000),
    -- The edition that was reported stays readable for moderators, whatever is written since.
    CONSTRAINT "story_reports_edition_fkey" FOREIGN KEY ("story_id", "version") REFERENCES "story_versions"("story_id", "version") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "story_reports_one_open" ON "story_reports"("story_id", "reporter_id") WHERE "is_open";
CREATE INDEX "story_reports_story" ON "story_reports"("story_id", "created_at", "id") WHERE "is_open";
CREATE INDEX "story_reports_reporter" ON "story_reports"("reporter_id", "created_at");
