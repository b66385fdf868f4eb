-- An erased user keeps their id and nothing else: stories, votes and messages of others still point to it.
ALTER TABLE "users" ALTER COLUMN "email" DROP NOT NULL;
ALTER TABLE "users" ADD COLUMN "erased_at" TIMESTAMPTZ(3);
ALTER TABLE "users" ADD CONSTRAINT "users_erased_check" CHECK (("erased_at" IS NOT NULL) = ("email" IS NULL));
ALTER TABLE "users" ADD CONSTRAINT "users_erased_is_blank_check" CHECK ("erased_at" IS NULL OR num_nonnulls("first_name", "last_name", "display_name", "profile_image_url", "external_id") = 0 AND NOT "is_active");

-- Who was erased, at whose wish, and how far it has come. It outlives the user, so it points to nobody by a foreign key.
CREATE TABLE "erasures" (
    "id" UUID NOT NULL,
    "user_id" VARCHAR(50) NOT NULL,
    "stories" VARCHAR(30) NOT NULL,
    "requested_by" VARCHAR(50) NOT NULL,
    "reason" VARCHAR(500),
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "erasures_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "erasures_stories_check" CHECK ("stories" IN ('remove', 'keep-as-deleted-author')),
    CONSTRAINT "erasures_reason_check" CHECK ("requested_by" = "user_id" OR "reason" IS NOT NULL)
);
CREATE UNIQUE INDEX "erasures_user_id_key" ON "erasures"("user_id");

CREATE TABLE "erasure_contexts" (
    "erasure_id" UUID NOT NULL,
    "context" VARCHAR(50) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    CONSTRAINT "erasure_contexts_pkey" PRIMARY KEY ("erasure_id", "context"),
    CONSTRAINT "erasure_contexts_erasure_id_fkey" FOREIGN KEY ("erasure_id") REFERENCES "erasures"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
