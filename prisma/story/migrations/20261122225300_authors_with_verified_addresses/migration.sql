-- Identity says so by EmailVerified. Nobody had verified an address before that event was there; what they had published stays published.
ALTER TABLE "authors" ADD COLUMN "is_email_verified" BOOLEAN NOT NULL DEFAULT false;
