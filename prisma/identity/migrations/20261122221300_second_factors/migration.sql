-- A second factor of a user: one-time codes of a device (TOTP), and recovery codes for the day without it.
CREATE TABLE "second_factors" (
    "user_id" VARCHAR(50) NOT NULL,
    "sealed_secret" BYTEA NOT NULL,
    "begun_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3),
    "last_step" INTEGER NOT NULL,
    "recovery_codes" TEXT[] NOT NULL,

    CONSTRAINT "second_factors_pkey" PRIMARY KEY ("user_id"),
    CONSTRAINT "second_factors_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
