-- Copies of their data that users asked for. They go with their user.
CREATE TABLE "data_exports" (
    "id" UUID NOT NULL,
    "user_id" VARCHAR(50) NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "object_key" VARCHAR(500),
    "bytes" INTEGER,
    "expires_at" TIMESTAMPTZ(3),
    CONSTRAINT "data_exports_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "data_exports_archive_check" CHECK (num_nonnulls("object_key", "bytes", "expires_at") IN (0, 3)),
    CONSTRAINT "data_exports_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX "data_exports_user_id_requested_at_idx" ON "data_exports"("user_id", "requested_at");

-- Where the part of each context lies; null: it has not answered.
CREATE TABLE "data_export_parts" (
    "export_id" UUID NOT NULL,
    "context" VARCHAR(50) NOT NULL,
    "object" JSONB,
    CONSTRAINT "data_export_parts_pkey" PRIMARY KEY ("export_id", "context"),
    CONSTRAINT "data_export_parts_export_id_fkey" FOREIGN KEY ("export_id") REFERENCES "data_exports"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
