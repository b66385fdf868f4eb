-- What a writer corrected by hand outlives analyses: whose word a character or a segment is, and which characters were removed or merged.
ALTER TABLE "story_characters"
    ADD COLUMN "origin" VARCHAR(10) NOT NULL DEFAULT 'analysis',
    ADD COLUMN "dismissed" VARCHAR(10),
    ADD CONSTRAINT "story_characters_origin" CHECK ("origin" IN ('analysis', 'writer')),
    ADD CONSTRAINT "story_characters_dismissed" CHECK ("dismissed" IN ('removed', 'merged') AND "position" IS NULL OR "dismissed" IS NULL);

ALTER TABLE "story_segments"
    ADD COLUMN "origin" VARCHAR(10) NOT NULL DEFAULT 'analysis',
    ADD CONSTRAINT "story_segments_origin" CHECK ("origin" IN ('analysis', 'writer'));
