-- What a session runs on, as its owner reads it ("Firefox on Windows"); null where the client said nothing that is known.
ALTER TABLE "sessions" ADD COLUMN "device" VARCHAR(100);

-- Why sessions end, as SessionRevoked says since its version 2.
ALTER TABLE "sessions" DROP CONSTRAINT "sessions_revoked_reason_check";
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_revoked_reason_check"
    CHECK ("revoked_reason" IN ('sign-out', 'reuse', 'revoked', 'deactivated', 'password-changed', 'password-reset', 'erased'));
