-- Voices, narrations, and what is known of the stories that they narrate. Times carry their zone.
CREATE TABLE "narrator_voices" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" VARCHAR(50) NOT NULL,
    "voice_name" VARCHAR(200) NOT NULL,
    "provider" VARCHAR(50) NOT NULL,
    "language" VARCHAR(10) NOT NULL,
    "provider_voice_id" VARCHAR(255),
    "voice_settings" JSONB,
    "training_status" VARCHAR(50) NOT NULL DEFAULT 'pending',
    "training" JSONB,
    "failure" JSONB,
    "quality_score" DECIMAL(3,2),
    "consent" JSONB,
    "preview_key" TEXT,
    "stream_version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "narrator_voices_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "narrator_voices_user_id_length" CHECK (char_length("user_id") >= 10),
    CONSTRAINT "narrator_voices_status" CHECK ("training_status" IN ('pending', 'collecting', 'training', 'ready', 'failed')),
    CONSTRAINT "narrator_voices_training" CHECK (("training_status" = 'training') = ("training" IS NOT NULL)),
    CONSTRAINT "narrator_voices_ready" CHECK ("training_status" <> 'ready' OR "provider_voice_id" IS NOT NULL),
    CONSTRAINT "narrator_voices_quality" CHECK ("quality_score" BETWEEN 0 AND 1)
);
CREATE INDEX "narrator_voices_owner" ON "narrator_voices"("user_id", "created_at", "id");

CREATE TABLE "voice_samples" (
    "id" UUID NOT NULL,
    "narrator_voice_id" UUID NOT NULL,
    "emotion" VARCHAR(100) NOT NULL,
    "sample_text" TEXT NOT NULL,
    "audio_url" TEXT NOT NULL,
    "duration_seconds" DECIMAL(10,2) NOT NULL,
    "file_size_bytes" INTEGER NOT NULL,
    "measures" JSONB NOT NULL,
    "is_locked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "voice_samples_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "voice_samples_duration" CHECK ("duration_seconds" BETWEEN 1 AND 120),
    CONSTRAINT "voice_samples_narrator_voice_id_fkey" FOREIGN KEY ("narrator_voice_id") REFERENCES "narrator_voices"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "voice_samples_voice" ON "voice_samples"("narrator_voice_id", "created_at", "id");

CREATE TABLE "ready_made_voices" (
    "id" UUID NOT NULL,
    "provider" VARCHAR(50) NOT NULL,
    "provider_voice_id" VARCHAR(255) NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "language" VARCHAR(10) NOT NULL,
    "description" TEXT NOT NULL,
    "rank" INTEGER NOT NULL,
    "preview_key" TEXT,
    "is_retired" BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT "ready_made_voices_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "ready_made_voices_provider" ON "ready_made_voices"("provider", "provider_voice_id");

CREATE TABLE "story_narrations" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "story_id" UUID NOT NULL,
    "requested_by" VARCHAR(50) NOT NULL,
    "story_version" INTEGER NOT NULL,
    "content_hash" VARCHAR(64) NOT NULL,
    "script_sha256" VARCHAR(64) NOT NULL,
    "language" VARCHAR(10) NOT NULL,
    "narrator_voice_id" UUID,
    "voices" JSONB NOT NULL,
    "generation_status" VARCHAR(50) NOT NULL DEFAULT 'pending',
    "run" JSONB,
    "failure" JSONB,
    "total_segments" INTEGER NOT NULL,
    "done_segments" INTEGER NOT NULL DEFAULT 0,
    "audio_format" VARCHAR(20) NOT NULL DEFAULT 'mp3',
    "sample_rate" INTEGER NOT NULL,
    "audio" JSONB,
    "captions" JSONB,
    "duration_seconds" DECIMAL(10,2),
    "stream_version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "completed_at" TIMESTAMPTZ(3),
    CONSTRAINT "story_narrations_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "story_narrations_status" CHECK ("generation_status" IN ('pending', 'processing', 'completed', 'failed')),
    CONSTRAINT "story_narrations_run" CHECK (("generation_status" IN ('pending', 'processing')) = ("run" IS NOT NULL)),
    CONSTRAINT "story_narrations_completed" CHECK ("generation_status" <> 'completed' OR ("audio" IS NOT NULL AND "completed_at" IS NOT NULL)),
    CONSTRAINT "story_narrations_format" CHECK ("audio_format" IN ('mp3', 'ogg', 'wav')),
    CONSTRAINT "story_narrations_segments" CHECK ("total_segments" > 0 AND "done_segments" BETWEEN 0 AND "total_segments"),
    CONSTRAINT "story_narrations_narrator_voice_id_fkey" FOREIGN KEY ("narrator_voice_id") REFERENCES "narrator_voices"("id") ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE INDEX "story_narrations_story" ON "story_narrations"("story_id", "created_at", "id");
CREATE INDEX "story_narrations_requester" ON "story_narrations"("requested_by", "created_at", "id");
CREATE INDEX "story_narrations_voice" ON "story_narrations"("narrator_voice_id");

CREATE TABLE "narration_segments" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "narration_id" UUID NOT NULL,
    "segment_index" INTEGER NOT NULL,
    "story_segment_id" UUID NOT NULL,
    "character_id" UUID,
    "character_name" VARCHAR(200),
    "text_content" TEXT NOT NULL,
    "emotion" VARCHAR(100) NOT NULL,
    "intensity" INTEGER NOT NULL,
    "pause_seconds" DECIMAL(4,2) NOT NULL,
    "voice" JSONB,
    "take" INTEGER,
    "audio_url" TEXT,
    "bytes" INTEGER,
    "duration_seconds" DECIMAL(12,4),
    "source" VARCHAR(20) NOT NULL DEFAULT 'synthesised',
    "asked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "narration_segments_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "narration_segments_index" CHECK ("segment_index" >= 0),
    CONSTRAINT "narration_segments_intensity" CHECK ("intensity" BETWEEN 1 AND 10),
    CONSTRAINT "narration_segments_source" CHECK ("source" IN ('synthesised', 'recorded')),
    CONSTRAINT "narration_segments_take" CHECK (("take" IS NULL) = ("audio_url" IS NULL) AND ("take" IS NULL) = ("bytes" IS NULL) AND ("take" IS NULL) = ("duration_seconds" IS NULL)),
    CONSTRAINT "narration_segments_narration_id_fkey" FOREIGN KEY ("narration_id") REFERENCES "story_narrations"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "narration_segments_order" ON "narration_segments"("narration_id", "segment_index");

CREATE TABLE "narration_takes" (
    "segment_id" UUID NOT NULL,
    "take" INTEGER NOT NULL,
    "text_content" TEXT NOT NULL,
    "emotion" VARCHAR(100) NOT NULL,
    "intensity" INTEGER NOT NULL,
    "voice" JSONB,
    "audio_url" TEXT,
    "bytes" INTEGER,
    "duration_seconds" DECIMAL(12,4),
    "characters" INTEGER,
    "cost" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "narration_takes_pkey" PRIMARY KEY ("segment_id", "take"),
    CONSTRAINT "narration_takes_segment_id_fkey" FOREIGN KEY ("segment_id") REFERENCES "narration_segments"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "stories" (
    "id" UUID NOT NULL,
    "author_id" VARCHAR(50) NOT NULL,
    "language" VARCHAR(10) NOT NULL,
    "version" INTEGER NOT NULL,
    "content_hash" VARCHAR(64) NOT NULL,
    "script" JSONB,
    "published_version" INTEGER,
    "published_hash" VARCHAR(64),
    "state" VARCHAR(20) NOT NULL DEFAULT 'open',
    CONSTRAINT "stories_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "stories_state" CHECK ("state" IN ('open', 'archived', 'deleted'))
);
