-- Whoever registered before addresses were verified has not shown that theirs is their own: they verify it before they publish again
-- (requestEmailVerification). To call them verified would hand an account to whoever had registered with somebody else's address.
ALTER TABLE "users" ADD COLUMN "is_email_verified" BOOLEAN NOT NULL DEFAULT false;

-- Tokens that were mailed, as SHA-256 hashes.
CREATE TABLE "email_tokens" (
    "hash" CHAR(64) NOT NULL,
    "user_id" VARCHAR(50) NOT NULL,
    "purpose" VARCHAR(20) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "email_tokens_pkey" PRIMARY KEY ("hash"),
    CONSTRAINT "email_tokens_purpose_check" CHECK ("purpose" IN ('verify-email', 'reset-password')),
    CONSTRAINT "email_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX "email_tokens_user_id_idx" ON "email_tokens"("user_id");
CREATE INDEX "email_tokens_expires_at_idx" ON "email_tokens"("expires_at");
CREATE INDEX "oauth_providers_user_id_idx" ON "oauth_providers"("user_id");
