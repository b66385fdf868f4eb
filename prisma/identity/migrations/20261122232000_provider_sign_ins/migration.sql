-- Sign-ins that were sent to a provider and have not come back. The state is known by its hash; the nonce is derived from it.
CREATE TABLE "provider_sign_ins" (
    "state_hash" CHAR(64) NOT NULL,
    "provider" VARCHAR(50) NOT NULL,
    "redirect_uri" VARCHAR(2000) NOT NULL,
    "code_challenge" CHAR(43) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_sign_ins_pkey" PRIMARY KEY ("state_hash")
);
CREATE INDEX "provider_sign_ins_expires_at_idx" ON "provider_sign_ins"("expires_at");
