-- The first slice of identity: the data model's tables (with time zones, and NOT NULL wherever there is a default), and what signing in needs.

CREATE TABLE "users" (
    "id" VARCHAR(50) NOT NULL,
    -- Stored normalised (NFC, lower case) by the Email value object, so that plain UNIQUE is case-insensitive. No CHECK with lower(): PostgreSQL and JavaScript
    -- disagree about the lower case of a few letters (İ), and the disagreement would be a failed INSERT.
    "email" VARCHAR(255) NOT NULL,
    "first_name" VARCHAR(100),
    "last_name" VARCHAR(100),
    "display_name" VARCHAR(100),
    "profile_image_url" VARCHAR(500),
    "role" VARCHAR(50) NOT NULL DEFAULT 'member',
    "external_id" VARCHAR(20),
    "language" VARCHAR(10) NOT NULL DEFAULT 'en',
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "stream_version" INTEGER NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "users_id_check" CHECK (char_length("id") >= 10),
    CONSTRAINT "users_email_check" CHECK ("email" LIKE '_%@_%'),
    CONSTRAINT "users_role_check" CHECK ("role" IN ('member', 'admin', 'super-admin', 'customer-support', 'content-moderator')),
    CONSTRAINT "users_stream_version_check" CHECK ("stream_version" >= 1)
);
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");
CREATE UNIQUE INDEX "users_external_id_key" ON "users"("external_id");

CREATE TABLE "oauth_providers" (
    "id" SERIAL NOT NULL,
    "user_id" VARCHAR(50) NOT NULL,
    "provider" VARCHAR(50) NOT NULL,
    "provider_id" VARCHAR(255) NOT NULL,
    "provider_data" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_providers_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "oauth_providers_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE UNIQUE INDEX "oauth_providers_provider_provider_id_key" ON "oauth_providers"("provider", "provider_id");

CREATE TABLE "roles" (
    "id" VARCHAR(50) NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "description" TEXT,
    "is_system" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "roles_name_key" ON "roles"("name");

CREATE TABLE "permissions" (
    "id" VARCHAR(50) NOT NULL,
    "resource" VARCHAR(100) NOT NULL,
    "action" VARCHAR(50) NOT NULL,
    "description" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "permissions_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "permissions_resource_action_key" ON "permissions"("resource", "action");

CREATE TABLE "role_permissions" (
    "role_id" VARCHAR(50) NOT NULL,
    "permission_id" VARCHAR(50) NOT NULL,
    "granted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "role_permissions_pkey" PRIMARY KEY ("role_id", "permission_id"),
    CONSTRAINT "role_permissions_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "roles"("id") ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT "role_permissions_permission_id_fkey" FOREIGN KEY ("permission_id") REFERENCES "permissions"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);

CREATE TABLE "passwords" (
    "user_id" VARCHAR(50) NOT NULL,
    "hash" VARCHAR(255) NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "passwords_pkey" PRIMARY KEY ("user_id"),
    CONSTRAINT "passwords_hash_check" CHECK ("hash" LIKE '$argon2id$%'),
    CONSTRAINT "passwords_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);

CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" VARCHAR(50) NOT NULL,
    "token_hash" CHAR(64) NOT NULL,
    "previous_hash" CHAR(64),
    "client_address_tag" CHAR(64) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL,
    "idle_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" VARCHAR(20),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "sessions_revoked_reason_check" CHECK ("revoked_reason" IN ('sign-out', 'reuse')),
    CONSTRAINT "sessions_revoked_check" CHECK (("revoked_at" IS NULL) = ("revoked_reason" IS NULL)),
    CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX "sessions_user_id_client_address_tag_idx" ON "sessions"("user_id", "client_address_tag");
CREATE INDEX "sessions_expires_at_idx" ON "sessions"("expires_at");

CREATE TABLE "signing_keys" (
    "id" VARCHAR(50) NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "sealed_private_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "signs_from" TIMESTAMPTZ(3) NOT NULL,
    "signs_until" TIMESTAMPTZ(3) NOT NULL,
    "published_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "signing_keys_order_check" CHECK ("signs_from" < "signs_until" AND "signs_until" < "published_until")
);

CREATE TABLE "attempts" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("key")
);
CREATE INDEX "attempts_expire_idx" ON "attempts"("expire");

-- The roles of the data model. A permission's id is its name in access tokens.
INSERT INTO "roles" ("id", "name", "description", "is_system") VALUES
    ('member', 'Member', 'Writes, listens and collaborates.', true),
    ('customer-support', 'Customer support', 'Helps members: sees accounts, changes nothing in stories.', true),
    ('content-moderator', 'Content moderator', 'Reads every story and may take it out of sight.', true),
    ('admin', 'Administrator', 'Runs the platform: accounts, roles, partners, stuck work.', true),
    ('super-admin', 'Super administrator', 'An administrator who also says what each role may do.', true);

INSERT INTO "permissions" ("id", "resource", "action", "description") VALUES
    ('user:read', 'user', 'read', 'See the private fields of any account: e-mail address, full name, role.'),
    ('user:deactivate', 'user', 'deactivate', 'Close an account to its owner.'),
    ('user:erase', 'user', 'erase', 'Erase an account and every personal field of it.'),
    ('role:assign', 'role', 'assign', 'Give a user another role.'),
    ('permission:grant', 'permission', 'grant', 'Say what a role may do.'),
    ('story:moderate', 'story', 'moderate', 'Read every story, drafts included, and archive it with a reason.'),
    ('partner:manage', 'partner', 'manage', 'Register partners, issue and revoke their keys.'),
    ('process:operate', 'process', 'operate', 'Look at, retry, skip or cancel stuck work.');

INSERT INTO "role_permissions" ("role_id", "permission_id") VALUES
    ('customer-support', 'user:read'),
    ('content-moderator', 'story:moderate'),
    ('admin', 'user:read'),
    ('admin', 'user:deactivate'),
    ('admin', 'user:erase'),
    ('admin', 'role:assign'),
    ('admin', 'story:moderate'),
    ('admin', 'partner:manage'),
    ('admin', 'process:operate'),
    ('super-admin', 'user:read'),
    ('super-admin', 'user:deactivate'),
    ('super-admin', 'user:erase'),
    ('super-admin', 'role:assign'),
    ('super-admin', 'permission:grant'),
    ('super-admin', 'story:moderate'),
    ('super-admin', 'partner:manage'),
    ('super-admin', 'process:operate');
