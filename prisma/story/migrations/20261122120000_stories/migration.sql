-- Stories, their editions, and what an analysis finds in them. Times carry their zone.
CREATE TABLE "stories" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "title" VARCHAR(500) NOT NULL,
    "content" TEXT NOT NULL,
    "content_hash" VARCHAR(64) NOT NULL,
    "author_id" VARCHAR(50) NOT NULL,
    "language" VARCHAR(10) NOT NULL DEFAULT 'en',
    "status" VARCHAR(50) NOT NULL DEFAULT 'draft',
    "is_published" BOOLEAN NOT NULL DEFAULT false,
    "published_version" INTEGER,
    "published_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "stream_version" INTEGER NOT NULL,
    "analysis" JSONB,
    "failure" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "stories_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "stories_title_length" CHECK (char_length("title") >= 3),
    CONSTRAINT "stories_content_length" CHECK (char_length("content") BETWEEN 1 AND 100000),
    CONSTRAINT "stories_status" CHECK ("status" IN ('draft', 'analyzing', 'analyzed', 'published', 'archived')),
    CONSTRAINT "stories_version" CHECK ("version" > 0 AND "published_version" <= "version"),
    CONSTRAINT "stories_published" CHECK ("is_published" = ("published_version" IS NOT NULL AND "published_at" IS NOT NULL)),
    CONSTRAINT "stories_analysis" CHECK (("status" = 'analyzing') = ("analysis" IS NOT NULL))
);
CREATE INDEX "stories_author" ON "stories"("author_id", "created_at", "id");
CREATE INDEX "stories_published" ON "stories"("published_at", "id");

CREATE TABLE "story_versions" (
    "story_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "title" VARCHAR(500) NOT NULL,
    "content" TEXT NOT NULL,
    "content_hash" VARCHAR(64) NOT NULL,
    "published_findings" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "story_versions_pkey" PRIMARY KEY ("story_id", "version")
);

CREATE TABLE "story_characters" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "story_id" UUID NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "aliases" JSONB NOT NULL DEFAULT '[]',
    "description" TEXT,
    "personality" TEXT,
    "role" VARCHAR(50),
    "traits" JSONB NOT NULL DEFAULT '[]',
    "position" INTEGER,
    "image_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "story_characters_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "story_characters_story" ON "story_characters"("story_id", "position");

CREATE TABLE "story_emotions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "story_id" UUID NOT NULL,
    "emotion" VARCHAR(100) NOT NULL,
    "intensity" INTEGER NOT NULL,
    "context" TEXT,
    "quote" TEXT,
    "segment_index" INTEGER,
    "position" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "story_emotions_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "story_emotions_intensity" CHECK ("intensity" BETWEEN 1 AND 10)
);
CREATE INDEX "story_emotions_story" ON "story_emotions"("story_id", "position");

CREATE TABLE "story_segments" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "story_id" UUID NOT NULL,
    "segment_index" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "emotion" VARCHAR(100) NOT NULL,
    "speaker_id" UUID,
    CONSTRAINT "story_segments_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "story_segments_index" CHECK ("segment_index" >= 0)
);
CREATE UNIQUE INDEX "story_segments_order" ON "story_segments"("story_id", "segment_index");
CREATE INDEX "story_segments_speaker" ON "story_segments"("speaker_id");

-- One analysis per text rather than per story: a result for a text that was edited meanwhile is kept beside the current one's.
CREATE TABLE "story_analyses" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "story_id" UUID NOT NULL,
    "analysis_type" VARCHAR(20) NOT NULL,
    "analysis_data" JSONB NOT NULL,
    "content_hash" VARCHAR(64) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "story_analyses_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "story_analyses_text" ON "story_analyses"("story_id", "analysis_type", "content_hash");
CREATE INDEX "story_analyses_content_hash" ON "story_analyses"("content_hash");

CREATE TABLE "authors" (
    "id" VARCHAR(50) NOT NULL,
    "display_name" VARCHAR(100),
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "authors_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "authors_id_length" CHECK (char_length("id") >= 10)
);

ALTER TABLE "story_versions" ADD CONSTRAINT "story_versions_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "story_characters" ADD CONSTRAINT "story_characters_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "story_emotions" ADD CONSTRAINT "story_emotions_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "story_segments" ADD CONSTRAINT "story_segments_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "story_segments" ADD CONSTRAINT "story_segments_speaker_id_fkey" FOREIGN KEY ("speaker_id") REFERENCES "story_characters"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "story_analyses" ADD CONSTRAINT "story_analyses_story_id_fkey" FOREIGN KEY ("story_id") REFERENCES "stories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
